/** Package lists: which packages a tag is for, who looks after them there, and which it hides. */
import { type Static, Type } from 'typebox';
import { Arch, Name } from './shapes.ts';

/** Names of packages, as rpm has them. */
export const PackageName = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9._+-]*$',
  maxLength: 200,
  description: 'the name of a package: letters, digits and ._+- with a letter, digit or _ first',
});
const Packages = Type.Array(PackageName, { minItems: 1, maxItems: 1000 });
const force = Type.Optional(Type.Boolean());

export const NewPackages = Type.Object({
  packages: Packages,
  /** Whoever adds them where not said. */
  owner: Type.Optional(Name),
  /** Built for these beside the tag's architectures. */
  extraArches: Type.Optional(Type.Array(Arch, { maxItems: 32 })),
  force,
});
export type NewPackages = Static<typeof NewPackages>;

export const NamedPackages = Type.Object({ packages: Packages, force });
export const PackagesEdit = Type.Object({
  packages: Packages,
  owner: Type.Optional(Name),
  extraArches: Type.Optional(Type.Array(Arch, { maxItems: 32 })),
  force,
});
export type PackagesEdit = Static<typeof PackagesEdit>;

export const ListedPackage = Type.Object({
  package: Type.String(),
  /** In whose list it stands. */
  tag: Name,
  owner: Type.String(),
  extraArches: Type.Array(Arch),
  blocked: Type.Boolean(),
});
export type ListedPackage = Static<typeof ListedPackage>;
