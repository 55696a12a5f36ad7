/** Builds in the contract's form. */
import type { Build, BuildDetail, BuiltRpm, Waiting } from '@moromi/contract';
import { tagsOfBuild } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import { explain, tasksOfBuild } from '../tasks/index.ts';
import { type BuildFacts, buildrootsOf, pinnedName, type RpmFacts, rpmsOfBuild } from './queries.ts';

export function showBuild(build: BuildFacts, url: string): Build {
  return {
    id: build.id,
    nvr: build.nvr,
    source: { name: build.sourceName, sha256: build.sourceSha256 },
    target: build.targetName,
    owner: build.owner,
    state: build.state,
    scratch: build.scratch,
    task: build.task,
    createdAt: build.createdAt.toISOString(),
    endedAt: build.endedAt?.toISOString() ?? null,
    failure: build.failure,
    url: `${url}/api/v1/builds/${build.id}`,
  };
}

export async function showBuildDetail(reader: Reader, build: BuildFacts, url: string): Promise<BuildDetail> {
  const rpms = await rpmsOfBuild(reader, build.id);
  const source = rpms.find((one) => one.id === build.sourceRpm);
  return {
    ...showBuild(build, url),
    options: build.options,
    waiting: await whyBuildWaits(reader, build),
    revision: build.revision === null ? null : await pinnedName(reader, build.revision),
    sourceRpm: source === undefined ? null : showRpm(source, url),
    rpms: rpms.filter((one) => one !== source).map((one) => showRpm(one, url)),
    tags: await tagsOfBuild(reader, build.id),
    tasks: (await tasksOfBuild(reader, build.id)).map((task) => task.id),
    buildroots: await buildrootsOf(reader, build.id),
  };
}

/** The reason of the task that comes first, where none of its tasks runs. */
async function whyBuildWaits(reader: Reader, build: BuildFacts): Promise<Waiting | null> {
  if (build.state !== 'building') return null;
  const tasks = await tasksOfBuild(reader, build.id);
  if (tasks.some((task) => task.state === 'leased')) return null;
  const said = await explain(reader, tasks);
  return tasks.flatMap((task) => said.get(task.id)?.waiting ?? [])[0] ?? null;
}

function showRpm(rpm: RpmFacts, url: string): BuiltRpm {
  return {
    nevra: rpm.nevra,
    name: rpm.fileName,
    arch: rpm.arch,
    sha256: rpm.sha256,
    size: rpm.size,
    task: rpm.task,
    url: `${url}/api/v1/blobs/${rpm.sha256}`,
  };
}
