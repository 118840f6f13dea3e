/** - `ok`; `provided`: missing, and made when needed; `soon`: works, and will not for long; `missing`: something will not work */
export type Finding = 'ok' | 'provided' | 'soon' | 'missing';

export interface DoctorCheck {
  name: string;
  finding: Finding;
  /** A version, an address, what was found. */
  detail: string;
  /** What to do about it, when there is something. */
  waysOut?: string;
}
