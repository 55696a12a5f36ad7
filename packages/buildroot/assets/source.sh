# Unpacks a source package and makes it anew with the target's macros; nothing needs to be installed for it.
# usage: source.sh SRPM ARCH FORMAT [RPMBUILD OPTION…]
#   SRPM     to unpack first, or nothing where that was done
# Answers on descriptor 3: `started`, then the new package's header in FORMAT. rpmbuild's output is build.log (5).
# Exit: 71 cannot unpack, 72 not exactly one spec file, 73 rpmbuild failed, 74 nothing was written.
exec 4>&-
echo started >&3
srpm=$1 arch=$2 format=$3
shift 3
top=/builddir/build
if [ -n "$srpm" ]; then
  rpm -i --nosignature "$srpm" 3>&- 5>&- || exit 71
fi
found=0
for file in "$top"/SPECS/*.spec; do
  [ -f "$file" ] && spec=$file && found=$((found + 1))
done
[ $found = 1 ] || exit 72
rpmbuild -bs --nodeps --target "$arch" "$@" "$spec" >&5 2>&5 3>&- 5>&- || exit 73
for file in "$top"/SRPMS/*src.rpm; do
  rpm -qp --nosignature --qf "$format" "$file" >&3 3>&- 5>&- || exit 74
done
