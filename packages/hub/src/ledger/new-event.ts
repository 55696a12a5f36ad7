/** An event as it is written: its version, number and time come from the ledger. */
export interface NewEvent {
  type: string;
  subject: string;
  actor: string;
  cause?: string | undefined;
  build?: number | null | undefined;
  data?: Record<string, unknown>;
}
