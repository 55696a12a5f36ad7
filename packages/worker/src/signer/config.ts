/** What a signer must be told beside what every worker is told. */
export interface SignerConfig {
  /** Its own keys (`keys/NAME.asc`) and backups, and where not said otherwise its rules and its journal. */
  home: string;
  /** What it may sign, in TOML. */
  rules: string;
  /** What it has signed; lines are only added. */
  journal: string;
  /** A GnuPG home with keys beside its own, on its disk or on tokens. */
  gnupgHome?: string;
  /** Which of them it signs with, each `NAME:FINGERPRINT`. */
  gnupgKeys: string[];
  /** Opens all of them. */
  passphrase?: string;
  /** A larger package is refused, in MiB. */
  maxPackageMb: number;
}
