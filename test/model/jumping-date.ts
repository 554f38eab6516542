/** The machine's clock, which somebody sets. Timers go on as they were: they do not run by it. */
export interface JumpingDate {
  jump(milliseconds: number): void;
  /** Puts the right time back. */
  restore(): void;
}

export function jumpingDate(): JumpingDate {
  const RealDate = globalThis.Date;
  let ahead = 0;
  const now = () => RealDate.now() + ahead;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: unknown[], self) => Reflect.construct(target, given.length === 0 ? [now()] : given, self),
    get: (target, name, self) => (name === 'now' ? now : Reflect.get(target, name, self)),
  });
  return {
    jump(milliseconds) {
      ahead += milliseconds;
    },
    restore() {
      globalThis.Date = RealDate;
    },
  };
}
