# Makes a fresh root into a buildroot: the database where the root's own rpm looks for it, the build user, the files
# that mock would put there. Answers on descriptor 3 with what the root's own rpm says is installed.
set -eu
exec 4>&- 5>&-
dbpath=$(rpm --eval '%{_dbpath}' 3>&-)
if [ "${1:-}" = moved ] && ! [ "$dbpath" -ef /var/lib/rpm ]; then
  mkdir -p "$dbpath"
  rm -rf "$dbpath"/*
  cp -a /var/lib/rpm/. "$dbpath"/
  rm -rf /var/lib/rpm
fi
mkdir -p /builddir
for file in /etc/passwd /etc/group; do
  [ -e "$file" ] || : >"$file"
done
sed -i -e '/^mockbuild:/d' /etc/passwd
sed -i -e '/^mock:/d' /etc/group
echo 'mockbuild:x:1000:135:Build user:/builddir:/bin/bash' >>/etc/passwd
echo 'mock:x:135:' >>/etc/group
[ -s /etc/hosts ] || printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
rm -f /etc/resolv.conf
: >/etc/resolv.conf
rpm -qa --qf '%{NEVRA}\n' >&3
