/** Whether a schema's input reads nothing that a value does not have: a field misspelt, or of another type, is refused by the compiler. */
export type Reads<Input, Value> = unknown extends Input
  ? true
  : false extends (Input extends unknown ? Fits<Input, Value> : never)
    ? false
    : true;
/** One member of the input's union against any member of the value's. */
type Fits<Input, Value> = true extends (Value extends unknown ? Matches<Input, Value> : never) ? true : false;
type Matches<Input, Value> = Input extends null | undefined
  ? true
  : Input extends readonly (infer Part)[]
    ? Value extends readonly (infer Member)[]
      ? Reads<Part, Member>
      : false
    : Input extends object
      ? string extends keyof Input
        ? Reads<Input[string & keyof Input], Value[keyof Value]> // A record: of any keys.
        : Exclude<keyof Input, keyof Value> extends never
          ? false extends { [Key in keyof Input]-?: Key extends keyof Value ? Reads<Input[Key], Value[Key]> : false }[keyof Input]
            ? false
            : true
          : false
      : [Input & Value] extends [never]
        ? false
        : true;
