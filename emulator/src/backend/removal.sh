# Removes the file or folder $1 as soon as standard input ends. The process that made it holds the other end,
# so that is when it is gone, however it went. A line before that means that nothing is to be removed.
# What has taken its place since, by another inode than $2, is not ours.

set -f
trap '' HUP INT QUIT TERM
read -r line && exit 0
set -- "$1" "$2" $(ls -di -- "$1" 2>/dev/null)
[ "$2" = "$3" ] && rm -rf -- "$1"
