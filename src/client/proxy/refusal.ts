/** Why a client of the proxy gets no connection. */
export type Reason =
  /** What it asked for is not of the sandbox. */
  | 'elsewhere'
  /** The node or the whole sandbox does not run. */
  | 'down'
  /** Nobody listens on that port. */
  | 'refused'
  | 'silent';

export class Refusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}
