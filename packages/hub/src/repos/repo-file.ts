/**
 * Files for dnf's `yum.repos.d`.
 *
 * Invariant: pure. They name a mirrorlist, so that a client sees one revision from its metadata to its packages; and of
 * a repository with keys they demand signatures; a key that was revoked is given to nobody any more.
 */
import type { DistFacts } from './shipped/queries.ts';

export function tagRepoFile(url: string, tag: string, newest: number): string {
  return [
    `# Newest revision when this was fetched: ${newest}. Build repositories are not signed.`,
    `[moromi-${tag}]`,
    `name=${tag}`,
    `mirrorlist=${url}/repos/${tag}/mirrorlist?arch=$basearch`,
    'enabled=1',
    'gpgcheck=0',
    'metadata_expire=60',
    '',
  ].join('\n');
}

export function distRepoFile(
  url: string,
  { name, definition }: Pick<DistFacts, 'name' | 'definition'>,
  revoked: readonly string[] = [],
): string {
  const { keys, repoKey, debug, source, unsigned } = definition;
  const named = [...new Set([...keys, ...(repoKey === null ? [] : [repoKey])])].filter(
    (key) => !revoked.includes(key),
  );
  const section = (id: string, about: string, tree: string, enabled: boolean): string[] => [
    `[${id}]`,
    `name=${about}`,
    `mirrorlist=${url}/dist/${name}/mirrorlist?tree=${tree}`,
    `enabled=${enabled ? 1 : 0}`,
    // What is shipped as it was built would be refused.
    `gpgcheck=${keys.length > 0 && unsigned !== 'allow' ? 1 : 0}`,
    `repo_gpgcheck=${repoKey === null ? 0 : 1}`,
    ...(named.length === 0
      ? []
      : [`gpgkey=${named.map((key) => `${url}/api/v1/keys/${encodeURIComponent(key)}/public`).join(' ')}`]),
    '',
  ];
  return [
    ...section(name, name, '$basearch/os', true),
    ...(debug
      ? section(`${name}-debuginfo`, `${name} - debugging information`, '$basearch/debug/tree', false)
      : []),
    ...(source ? section(`${name}-source`, `${name} - source packages`, 'source/tree', false) : []),
  ].join('\n');
}
