# Builds source and binary packages from a spec with its BuildRequires installed.
# usage: binary.sh SRPM ARCH FORMAT DYNAMIC [RPMBUILD OPTION…]
#   SRPM     to unpack first, or nothing where that was done
#   DYNAMIC  1: the spec has %generate_buildrequires; each round asks it again until nothing is missing
# Answers on descriptor 3: `started`, then, with exit 75, the header of what the spec asks for in FORMAT.
# Exit: 71 cannot unpack, 72 not exactly one spec file, 75 more BuildRequires to install, 76 rpmbuild failed.
exec 4>&-
echo started >&3
srpm=$1 arch=$2 format=$3 dynamic=$4
shift 4
top=/builddir/build
if [ -n "$srpm" ]; then
  rpm -i --nosignature "$srpm" 3>&- 5>&- || exit 71
fi
found=0
for file in "$top"/SPECS/*.spec; do
  [ -f "$file" ] && spec=$file && found=$((found + 1))
done
[ $found = 1 ] || exit 72
if [ "$dynamic" = 1 ]; then
  rpmbuild -br --target "$arch" "$@" "$spec" >&5 2>&5 3>&- 5>&-
  status=$?
  # Every round, and the build itself, starts with nothing unpacked, as a single rpmbuild would.
  chmod -R u+rwX "$top"/BUILD && rm -rf "$top"/BUILD "$top"/BUILDROOT
  mkdir -p "$top"/BUILD "$top"/BUILDROOT
  asked=$(echo "$top"/SRPMS/*.buildreqs.nosrc.rpm)
  if [ $status = 11 ] && [ -f "$asked" ]; then
    rpm -qp --nosignature --qf "$format" "$asked" >&3 3>&- 5>&- || exit 76
    rm -f "$asked"
    exit 75
  fi
  rm -f "$top"/SRPMS/*.buildreqs.nosrc.rpm
  [ $status = 0 ] || exit 76
fi
rpmbuild -ba --noclean --target "$arch" "$@" "$spec" >&5 2>&5 3>&- 5>&- || exit 76
