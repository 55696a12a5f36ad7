/** Errors of the catalogue, of repositories and of signatures: the part of `errors.ts` that speaks of them. */

export interface Entry {
  status: number;
  /** One sentence: what is wrong. */
  title: string;
  /** One sentence: what to do. */
  todo: string;
}

export const catalogueErrors = {
  // catalogue
  unknown_tag: { status: 404, title: 'There is no tag of that name.', todo: 'See `moromi list-tags`.' },
  unknown_target: {
    status: 404,
    title: 'There is no target of that name.',
    todo: 'See `moromi list-targets`.',
  },
  tag_exists: {
    status: 409,
    title: 'A tag of that name exists already.',
    todo: 'Choose another name, or edit the existing one.',
  },
  target_exists: {
    status: 409,
    title: 'A target of that name exists already.',
    todo: 'Choose another name.',
  },
  inheritance_loop: {
    status: 409,
    title: 'A tag would inherit from itself.',
    todo: 'Remove the parent that leads back to it.',
  },
  inheritance_too_wide: {
    status: 409,
    title: 'A tag would look at its ancestors by more ways than can be followed.',
    todo: 'Use fewer different package filters on the way to the same tag.',
  },
  bad_filter: {
    status: 400,
    title: 'The package filter is not a regular expression that is taken here.',
    todo: 'Write it in the syntax of RE2: without references back and without looking ahead or behind.',
  },
  parent_exists: {
    status: 409,
    title: 'The tag inherits from that one already.',
    todo: 'Change how with `moromi edit-tag-inheritance`.',
  },
  not_a_parent: {
    status: 404,
    title: 'The tag does not inherit from that one itself.',
    todo: 'See `moromi list-tag-inheritance`.',
  },
  tag_locked: {
    status: 409,
    title: 'The tag is locked: what it holds is not to change.',
    todo: 'Wait until it is unlocked, or ask an administrator, who may use --force.',
  },
  tag_changed: {
    status: 409,
    title: 'The tag was edited by somebody else since it was looked at.',
    todo: 'Look at it again with `moromi tag-info`, and repeat what is still wanted.',
  },
  tag_in_use: {
    status: 409,
    title: 'Something still hangs on the tag.',
    todo: 'Take away what the message names first.',
  },
  tag_governed: {
    status: 409,
    title: 'That tag says what a platform or a flavour says, and nothing else.',
    todo: 'Change that with `moromi edit-platform` or `moromi edit-flavour`; what a tag below says itself comes first.',
  },
  unknown_platform: {
    status: 404,
    title: 'There is no platform of that name.',
    todo: 'See `moromi list-platforms`.',
  },
  platform_exists: {
    status: 409,
    title: 'A platform of that name exists already, and says something else.',
    todo: 'Change it with `moromi edit-platform`.',
  },
  unknown_flavour: {
    status: 404,
    title: 'There is no flavour of that name.',
    todo: 'See `moromi list-flavours`.',
  },
  flavour_exists: {
    status: 409,
    title: 'A flavour of that name exists already, and says something else.',
    todo: 'Change it with `moromi edit-flavour`.',
  },
  flavour_in_use: {
    status: 409,
    title: 'Something still uses the flavour.',
    todo: 'Take it from the platforms that the message names, or wait until the builds have ended.',
  },
  flavour_not_allowed: {
    status: 409,
    title: 'The platform of that target does not allow the flavour.',
    todo: 'Let it, with `moromi edit-platform --flavour`, or build without.',
  },
  git_governed: {
    status: 409,
    title: 'That is said in the git catalogue.',
    todo: 'Change it there; `moromi sync-catalogue` takes it over at once, `moromi catalogue-info` says from where.',
  },
  catalogue_unset: {
    status: 404,
    title: 'There is no git catalogue.',
    todo: 'Say where it is with `moromi set-catalogue URL`.',
  },
  catalogue_unreachable: {
    status: 502,
    title: 'The git catalogue cannot be read.',
    todo: 'Look at the address, the branch and the way there; the last good commit stays in force.',
  },
  catalogue_wrong: {
    status: 422,
    title: 'What the git catalogue says cannot be taken over.',
    todo: 'Correct what the message names, in git; the last good commit stays in force.',
  },
  not_side_tag: {
    status: 409,
    title: 'That is not a side tag.',
    todo: 'See `moromi list-side-tags`; other tags are removed with `moromi remove-tag`.',
  },
  package_not_listed: {
    status: 409,
    title: "The package is not in the tag's list.",
    todo: 'Add it with `moromi add-pkg TAG PACKAGE`.',
  },
  package_blocked: {
    status: 409,
    title: 'The package is blocked in the tag.',
    todo: 'Unblock it with `moromi unblock-pkg TAG PACKAGE`.',
  },
  already_tagged: {
    status: 409,
    title: 'The build is in that tag already.',
    todo: 'Use --force to make it the one that was tagged last.',
  },
  not_tagged: {
    status: 409,
    title: 'The build is not in that tag.',
    todo: 'See `moromi list-tagged`.',
  },
  unknown_change: {
    status: 404,
    title: 'The catalogue has no such change.',
    todo: 'See `moromi list-history` for those it has.',
  },
  target_in_use: {
    status: 409,
    title: 'Builds of the target are still running.',
    todo: 'Wait for them, or cancel them first.',
  },
  // external repositories
  unknown_external: {
    status: 404,
    title: 'There is no external repository of that name.',
    todo: 'See `moromi list-external-repos`.',
  },
  external_exists: {
    status: 409,
    title: 'An external repository of that name exists already.',
    todo: 'Choose another name, or edit it with `moromi edit-external-repo`.',
  },
  external_in_use: {
    status: 409,
    title: 'A tag merges the external repository.',
    todo: 'Take it from the tags that the message names first, or use --alltags.',
  },
  not_attached: {
    status: 404,
    title: 'The tag does not merge that external repository itself.',
    todo: 'See `moromi list-external-repos --tag TAG --inherit`.',
  },
  bad_external: {
    status: 422,
    title: 'That cannot be said of an external repository.',
    todo: 'Say one address at least, and a key where something is to be checked.',
  },
  external_away: {
    status: 502,
    title: 'The package is not here yet, and the external repository does not give it now.',
    todo: 'Try again; `moromi external-repo-info` says what ails it.',
  },
  external_damaged: {
    status: 502,
    title: 'The external repository gives another file than its metadata says.',
    todo: 'Refresh it with `moromi refresh-external-repo`; if that does not help, tell who keeps it.',
  },
  external_unsigned: {
    status: 502,
    title: "The package is not signed by the external repository's keys.",
    todo: 'Give its key with `moromi edit-external-repo --key`, or block the package.',
  },
  // keys and signatures
  unknown_key: { status: 404, title: 'There is no key of that name.', todo: 'See `moromi list-keys`.' },
  unknown_rpm: {
    status: 404,
    title: 'There is no package of that name.',
    todo: 'Name it with version, release and architecture; see `moromi build-info`.',
  },
  key_exists: {
    status: 409,
    title: 'A key of that name or fingerprint is there already.',
    todo: 'See `moromi list-keys`; choose another name.',
  },
  bad_key: {
    status: 422,
    title: 'This is not a public key that packages can be signed with.',
    todo: 'Export it with `gpg --armor --export FINGERPRINT` and give that file.',
  },
  secret_key: {
    status: 422,
    title: 'This is a secret key, and secret keys stay on the signer.',
    todo: 'Give the public part, as `gpg --armor --export` writes it; take the secret one for known to others.',
  },
  key_revoked: {
    status: 409,
    title: 'That key was revoked.',
    todo: 'Use another; see `moromi list-keys`.',
  },
  key_expired: {
    status: 409,
    title: 'That key has expired.',
    todo: 'Prolong it and add it again, or go over to another with `moromi rotate-key`.',
  },
  key_offline: {
    status: 409,
    title: 'That key is on no signer that the hub reaches.',
    todo: 'Name a key that a signer offers (`moromi list-keys`), or sign the file where the key is.',
  },
  key_unfit: {
    status: 422,
    title: 'The rpm of that release cannot verify signatures of that kind of key.',
    todo: 'Use an RSA key, or name a newer rpm.',
  },
  form_differs: {
    status: 409,
    title: 'That key signs in another form for another tag, and a package has one copy for each key.',
    todo: 'Use the same form, or a key of its own for this tag.',
  },
  nothing_to_sign: {
    status: 409,
    title: 'No signature is wanted for that.',
    todo: 'Name a key, or say with `moromi set-tag-key` which the tag wants.',
  },
} as const satisfies Record<string, Entry>;
