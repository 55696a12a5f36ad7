/**
 * Options of mock that settings may name, by mock's own names where it has one.
 *
 * Invariant: closed. What is not here cannot be said: no option here runs a command on a builder, reads or mounts anything of
 * it, changes a user, or loosens what keeps a build in its root. The native driver honours what it can, and says in
 * root.log what it cannot.
 */
import { type Static, Type } from 'typebox';

const Stream = '[A-Za-z0-9_][A-Za-z0-9._+-]*';

/** One stream of a module, enabled before a root is resolved: `nodejs:18`. */
export const ModuleStream = Type.String({ pattern: `^${Stream}:${Stream}$`, maxLength: 200 });

const Packages = Type.Array(Type.String({ pattern: '^@?[A-Za-z0-9_][A-Za-z0-9._+()/-]*$', maxLength: 200 }), {
  maxItems: 200,
});

export const MockOptions = Type.Partial(
  Type.Object(
    {
      /** Whether %check runs. */
      check: Type.Boolean(),
      /** Installed beside the group. */
      chroot_additional_packages: Packages,
      /** Of dnf.conf: globs of packages that no root gets. */
      excludepkgs: Type.Array(Type.String({ pattern: '^[A-Za-z0-9._+~^*?-]+$', maxLength: 200 }), {
        maxItems: 200,
      }),
      /** Of dnf.conf: the platform that modules ask for, `platform:el9`. */
      module_platform_id: Type.String({ pattern: '^platform:[A-Za-z0-9._-]+$', maxLength: 100 }),
      /** Rounds of %generate_buildrequires. */
      dynamic_buildrequires_max_loops: Type.Integer({ minimum: 1, maximum: 100 }),
      /** Modules whose default profile stands in the root: `NAME:STREAM` or `NAME:STREAM/PROFILE`. */
      module_install: Type.Array(
        Type.String({ pattern: `^${Stream}:${Stream}(/${Stream})?$`, maxLength: 200 }),
        {
          maxItems: 100,
        },
      ),
      /** Installs without waiting for the disk, where nosync is there. */
      nosync: Type.Boolean(),
    },
    { additionalProperties: false },
  ),
);
export type MockOptions = Static<typeof MockOptions>;
