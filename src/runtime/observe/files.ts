import { z } from 'zod';
import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

const mostFiles = 100;
const largestRead = 1024 * 1024;

const Found = z.record(
  z.string(),
  z.object({
    problem: z.enum(['absent', 'not-a-file', 'refused', 'too-large']).nullable(),
    base64: z.base64().nullable(),
    size: z.int().nullable(),
  }),
);

/** Reads as the learner, in the toolbox: what the learner may not read is refused, and a link leads where it leads for them. */
export const filesRead: Look<'files.read'> = async ({ paths, largest }, { provider, ref }, signal) => {
  if (paths.length > mostFiles || paths.length * largest > largestRead) {
    throw new Blind(`the grader asks for more than ${mostFiles} files or ${largestRead} bytes of the toolbox at once`);
  }
  // Isolated: nothing in the learner's home or environment can change what the program does.
  const argv = ['/usr/bin/python3', '-I', '-S', '-c', readFiles];
  const { code, stdout, stderr } = await provider.exec(ref, { kind: 'toolbox' }, argv, {
    stdin: JSON.stringify({ paths, largest }),
    maxBytes: 2 * largestRead,
    signal,
  });
  if (code !== 0) throw new Blind(`files of the toolbox could not be read: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  const found = Found.parse(JSON.parse(stdout));
  return Object.fromEntries(
    Object.entries(found).map(([path, { problem, base64, size }]) => [
      path,
      { problem, text: base64 === null ? null : Buffer.from(base64, 'base64').toString(), size },
    ]),
  );
};

// A pipe or device is never read, and opening one does not wait.
const readFiles = `
import base64, errno, json, os, stat, sys

asked = json.load(sys.stdin)
largest = asked["largest"]
problems = {errno.ENOENT: "absent", errno.ENOTDIR: "absent", errno.ENAMETOOLONG: "absent", errno.ELOOP: "not-a-file", errno.ENXIO: "not-a-file"}

def problem(name, size=None):
    return {"problem": name, "base64": None, "size": size}

def read(path):
    path = os.path.join("/home/learner", path.removeprefix("~/"))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return problem("not-a-file")
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                return problem("not-a-file")
            if found.st_size > largest:
                return problem("too-large", found.st_size)
            content = file.read(largest + 1)
    except OSError as error:
        return problem(problems.get(error.errno, "refused"))
    except ValueError:
        return problem("absent")
    if len(content) > largest:
        return problem("too-large", len(content))
    return {"problem": None, "base64": base64.b64encode(content).decode(), "size": len(content)}

json.dump({path: read(path) for path in asked["paths"]}, sys.stdout)
`;
