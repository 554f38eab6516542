#!/bin/sh
# Lays out in $1 what Redis runs on: server and client, the C libraries they link, and busybox.
set -eu
image=$1
mkdir -p "$image/bin" "$image/usr/bin" "$image/usr/local/bin" "$image/etc" "$image/data" "$image/tmp" "$image/proc" "$image/sys" "$image/dev"
cp -L /usr/bin/redis-server /usr/bin/redis-cli "$image/usr/bin/"

ldd "$image/usr/bin/redis-server" "$image/usr/bin/redis-cli" |
  sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\t\(\/[^ ]*ld-[^ ]*\).*/\1/p' | sort -u |
  while read -r file; do
    mkdir -p "$image$(dirname "$file")"
    cp -L "$file" "$image$file"
  done

cp "$(command -v busybox)" "$image/bin/busybox"
for name in $("$image/bin/busybox" --list); do
  [ "$name" = busybox ] || ln -s busybox "$image/bin/$name"
done

echo 'redis:x:1000:1000:redis:/data:/bin/sh' >"$image/etc/passwd"
echo 'redis:x:1000:' >"$image/etc/group"
chown 1000:1000 "$image/data"
chmod 1777 "$image/tmp"
