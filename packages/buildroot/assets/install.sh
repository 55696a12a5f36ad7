# Installs the packages that a manifest lists. $1: root to install into, or / for the one we are in; $2: path of its
# database, or nothing for what rpm thinks itself; $3: manifest. Every file's SHA-256 was checked when it came.
# --ignorearch: an emulated root is installed by this machine's rpm, which takes its packages for a stranger's.
root=$1 dbpath=$2 manifest=$3
set -- -U --nosignature --ignorearch
[ "$root" = / ] || set -- --root "$root" "$@"
[ -z "$dbpath" ] || set -- "$@" --define "_dbpath $dbpath"
exec rpm "$@" "$manifest" 3>&- 4>&- 5>&-
