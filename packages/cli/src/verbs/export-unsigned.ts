/** `moromi export-unsigned`: packages that wait for a key, in a folder to carry away. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { download, safeName } from '../download.ts';
import { bytes } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

/** What is in the folder, for `moromi signer sign-folder` and for `import-sig`. */
export const listName = 'unsigned.json';
const most = 100_000;

export const exportUnsigned: Verb = {
  name: 'export-unsigned',
  takes: '<folder>',
  summary: 'Write packages that wait for the signature of a key into a folder',
  options: [
    { flags: '--key <key>', summary: 'the key' },
    { flags: '--target <target>', summary: 'of builds in the destination tag of this target' },
    { flags: '--tag <tag>', summary: 'of builds in this tag' },
  ],
  notes: [
    'There they are signed by rpmsign, or by `moromi signer sign-folder`; `moromi import-sig` brings the signatures back.',
  ],
  async run(session, [folder = ''], options) {
    const { client, signal, screen } = session;
    const [name, target, only] = [options.text('key'), options.text('target'), options.text('tag')];
    if (name === undefined || (target === undefined) === (only === undefined))
      throw usage('export-unsigned wants --key, and --target or --tag');
    const tag =
      only ?? (await client.call('getTarget', { params: { name: target ?? '' } }, { signal })).destTag;
    const key = await client.call('getKey', { params: { name } }, { signal });
    const { keys } = await client.call('getTagKeys', { params: { name: tag } }, { signal });
    const items = await allPages(
      (cursor) =>
        client.call(
          'listSignings',
          { query: { key: name, tag, open: true, limit: 500, cursor } },
          { signal },
        ),
      most,
    );
    await mkdir(folder, { recursive: true });
    for (const { name: file, unsigned } of items)
      await download(session, { name: safeName(file), ...unsigned }, folder);
    const packages = items.map((one) => ({
      ...one.unsigned,
      name: one.name,
      tag: one.tag,
      nevra: one.nevra,
      package: one.nvr.replace(/-[^-]+-[^-]+$/, ''),
      nvr: one.nvr,
    }));
    const order = {
      key: key.fingerprint,
      form: items[0]?.form ?? 'header',
      rpm: keys.find((one) => one.key === name)?.rpm ?? null,
      packages,
      files: [],
    };
    const builds = [...new Set(items.map((one) => one.build))];
    const list = { key: { name, fingerprint: key.fingerprint }, tag, builds, order };
    await writeFile(join(folder, listName), `${JSON.stringify(list, null, 2)}\n`);
    const size = items.reduce((sum, one) => sum + one.unsigned.size, 0);
    if (screen.json) screen.document(list);
    else screen.line(`${items.length} packages of ${builds.length} builds, ${bytes(size)}, in ${folder}`);
    return exits.ok;
  },
};
