declare namespace App {
  interface Locals {
    /** Null only for a client that never opened a page. */
    person: import('#store/port.ts').Person | null;
    runtime: import('#runtime/runtime.ts').Runtime;
  }
}
