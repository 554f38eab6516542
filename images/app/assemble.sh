#!/bin/sh
# Lays out in $1 what harbour runs on: Python with its standard library, the C libraries it links, and busybox.
set -eu
image=$1
python=$(readlink -f /usr/bin/python3)
library=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')

mkdir -p "$image/bin" "$image/usr/bin" "$image$library" "$image/etc" "$image/srv/harbour" "$image/tmp" "$image/var"
cp "$python" "$image/usr/bin/python3"
cp -a "$library/." "$image$library/"
for part in config-* ensurepip idlelib lib2to3 pydoc_data test tkinter turtledemo __pycache__; do
  rm -rf "$image$library"/$part
done
find "$image$library" -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q "$image$library" || true

find "$image" -type f \( -name '*.so' -o -path '*/bin/python3' \) -exec ldd {} + 2>/dev/null |
  sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\t\(\/[^ ]*ld-[^ ]*\).*/\1/p' | sort -u |
  while read -r file; do
    mkdir -p "$image$(dirname "$file")"
    cp -L "$file" "$image$file"
  done

cp "$(command -v busybox)" "$image/bin/busybox"
for name in $("$image/bin/busybox" --list); do
  [ "$name" = busybox ] || ln -s busybox "$image/bin/$name"
done

echo 'harbour:x:1000:1000:harbour:/srv/harbour:/bin/sh' >"$image/etc/passwd"
echo 'harbour:x:1000:' >"$image/etc/group"
chown 1000:1000 "$image/srv/harbour"
chmod 1777 "$image/tmp"
