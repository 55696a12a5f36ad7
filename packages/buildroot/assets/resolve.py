#!/usr/bin/python3
"""Says which packages stand in a buildroot, without installing any.

Invariant: reads one JSON object on stdin, writes one on stdout, touches nothing but its cache folder, and every
question gets an answer of its own kind: a list of packages with their SHA-256, or an error that says whether the
packager's BuildRequires, the repository's content or the way to the repository is at fault.

In:  {cachedir, lock, arch, repos: [{key, id, baseurl, priority, fixed}], modules: [NAME:STREAM], exclude: [GLOB], platform,
      questions: [{groups, requires} or {nevras}]}
     `key` names the cache of one state of a repository; `fixed`: it never changes, so it is never fetched twice.
Out: {answers: [{packages: [...], absent: [...]} | {error}], error?}
     error: {kind: unreachable | missing | conflict | group | module | metadata | unknown, names: [...], message}

libdnf resolves exactly as dnf on the target would (rich dependencies, file and pkgconfig() provides, priorities);
asking it for the list alone lets the caller name a root by content before it spends a second on installing it.
"""
import fcntl
import json
import os
import re
import sys
import tempfile

import dnf
import dnf.exceptions
import dnf.module.module_base
import dnf.rpm
import dnf.selector
import hawkey

MISSING = re.compile(r"nothing provides (\S+(?: [<>=]+ \S+)?)(?: needed by (\S+))?")


class Trouble(Exception):
    def __init__(self, kind, names, message):
        super().__init__(message)
        self.answer = {"error": {"kind": kind, "names": names, "message": message}}


def open_base(order, root):
    base = dnf.Base()
    conf = base.conf
    conf.installroot = root
    conf.cachedir = order["cachedir"]
    conf.persistdir = root + "/persist"
    conf.logdir = root
    conf.reposdir = []
    conf.pluginpath = []
    conf.substitutions["arch"] = order["arch"]
    conf.substitutions["basearch"] = dnf.rpm.basearch(order["arch"])
    conf.substitutions["releasever"] = ""
    conf.install_weak_deps = False
    conf.best = True
    conf.gpgcheck = False
    conf.assumeyes = True
    conf.ignorearch = True
    conf.excludepkgs = order["exclude"]
    # Without one, dnf would look for the platform of this machine.
    conf.module_platform_id = order["platform"] or "platform:moromi"
    for spec in order["repos"]:
        repo = dnf.repo.Repo(spec["key"], conf)
        repo.baseurl = [spec["baseurl"]]
        repo.priority = spec["priority"]
        repo.gpgcheck = False
        repo.skip_if_unavailable = False
        repo.metadata_expire = -1 if spec["fixed"] else 0
        repo.timeout = 30
        repo.retries = 3
        repo.enable()
        base.repos.add(repo)
    try:
        base.fill_sack(load_system_repo=False)
        base.read_comps(arch_filter=True)
    except dnf.exceptions.RepoError as error:
        ids = {spec["key"]: spec["id"] for spec in order["repos"]}
        text = str(error)
        for key, name in ids.items():
            text = text.replace(key, name)
        raise Trouble("unreachable", [n for k, n in ids.items() if k in str(error)], text)
    enable_modules(base, order["modules"])
    return base


def enable_modules(base, streams):
    if not streams:
        return
    try:
        dnf.module.module_base.ModuleBase(base).enable(streams)
    except dnf.exceptions.Error as error:
        raise Trouble("module", streams, str(error))


def group_members(base, name):
    group = base.comps.group_by_pattern(name)
    if group is None:
        raise Trouble("group", ["@" + name], f"no repository has a group called {name}")
    kinds = (dnf.comps.MANDATORY, dnf.comps.DEFAULT)
    return [member.name for member in group.packages_iter() if member.option_type in kinds]


def ask_for(base, text):
    """Adds one dependency to the goal; says whether anything can satisfy it. As dnf's builddep does it."""
    selector = dnf.selector.Selector(base.sack)
    selector.set(provides=text)
    found = selector.matches()
    if not found and text.startswith("/"):
        selector = dnf.selector.Selector(base.sack)
        selector.set(file=text)
        found = selector.matches()
    if found:
        base._goal.install(select=selector, optional=False)
    # A rich dependency may match nothing and yet hold: `(a if b)`.
    return bool(found) or text.startswith("(")


def answer(base, question):
    if "nevras" in question:
        return identify(base, question["nevras"])
    base.reset(goal=True)
    absent = []
    for wish in question["groups"]:
        if wish.startswith("@"):
            absent += [name for name in group_members(base, wish[1:]) if not ask_for(base, name)]
        elif not ask_for(base, wish):
            raise Trouble("group", [wish], f"no package called {wish} to install")
    missing = [text for text in question["requires"] if not ask_for(base, text)]
    if missing:
        raise Trouble("missing", missing, "No matching package to install: " + ", ".join(missing))
    try:
        base.resolve()
    except dnf.exceptions.DepsolveError as error:
        text = str(error)
        names = sorted({m.group(1) for m in MISSING.finditer(text)})
        raise Trouble("missing" if names else "conflict", names, text)
    return {"packages": sorted(map(describe, base.transaction.install_set), key=lambda p: p["nevra"]), "absent": absent}


def identify(base, nevras):
    """The packages of a list of NEVRAs, from the repository that dnf prefers where several have one."""
    wanted = {re.sub(r"-0:", "-", nevra) for nevra in nevras}
    found = {}
    # Whoever made the root may have enabled other modules, or excluded less.
    for pkg in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).available():
        described = describe(pkg) if plain_nevra(pkg) in wanted else None
        if described:
            rank = (base.repos[pkg.repoid].priority, pkg.repoid)
            found.setdefault(described["nevra"], []).append((rank, described))
    unknown = sorted(wanted - set(found))
    if unknown:
        raise Trouble("unknown", unknown, "no repository has " + ", ".join(unknown))
    return {"packages": [min(found[n], key=lambda f: f[0])[1] for n in sorted(found)], "absent": []}


def plain_nevra(pkg):
    evr = f"{pkg.epoch}:{pkg.version}" if pkg.epoch else pkg.version
    return f"{pkg.name}-{evr}-{pkg.release}.{pkg.arch}"


def describe(pkg):
    kind, digest = pkg.returnIdSum() if pkg.returnIdSum() else ("none", "")
    if kind != "sha256":
        raise Trouble("metadata", [str(pkg)], f"{pkg.repoid} states a {kind} checksum for {pkg}; SHA-256 is needed")
    return {
        "nevra": plain_nevra(pkg),
        "sha256": digest,
        "repo": pkg.repoid,
        "url": pkg.remote_location(),
        "size": pkg.downloadsize,
        "installedSize": pkg.installsize,
        "buildTime": pkg.buildtime,
    }


def main():
    order = json.load(sys.stdin)
    # librepo and dnf print to stdout in places; the answer must stand alone there.
    out = os.dup(1)
    os.dup2(2, 1)
    os.makedirs(order["cachedir"], exist_ok=True)
    lock = open(order["lock"], "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    with tempfile.TemporaryDirectory(prefix="moromi-resolve-") as root:
        try:
            base = open_base(order, root)
            names = {spec["key"]: spec["id"] for spec in order["repos"]}
            answers = []
            for question in order["questions"]:
                try:
                    found = answer(base, question)
                    for package in found["packages"]:
                        package["repo"] = names[package["repo"]]
                    answers.append(found)
                except Trouble as trouble:
                    answers.append(trouble.answer)
            reply = {"answers": answers}
        except Trouble as trouble:
            reply = trouble.answer
    with os.fdopen(out, "w") as stream:
        json.dump(reply, stream)
    # Tearing down libdnf's sack takes longer than the work; there is nothing left to save.
    sys.stdout.flush()
    os._exit(0)


main()
