/**
 * A mistake in the configuration, told with its place.
 *
 * Invariant: the message names where the value stands (file and line, variable or flag) and the key; a secret's value
 * is never part of it.
 */
export class ConfigError extends Error {
  readonly code = 'bad_config';
  readonly exit = 2;
  readonly todo: string;

  constructor(place: string, message: string, todo = 'Correct it, or remove it to have the default.') {
    super(`${place}: ${message}`);
    this.name = 'ConfigError';
    this.todo = todo;
  }
}
