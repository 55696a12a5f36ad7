# Unpacks a source package, so that its spec file can be edited before anything reads it; runs nothing of it.
# usage: unpack.sh SRPM
# Answers on descriptor 3: `started`. Exit: 71 cannot unpack.
exec 4>&-
echo started >&3
rpm -i --nosignature "$1" 3>&- 5>&- || exit 71
