/**
 * Tag numbers and the kinds of their data, from rpm's include/rpm/rpmtag.h (6.1). Signature headers number their tags
 * apart from main headers: 1000 is NAME in one and SIZE in the other, so there are two tables.
 */

/** How a tag's value is given to the caller. `i18n` is the first locale's text; numbers of any width are numbers. */
export interface Values {
  string: string;
  strings: string[];
  i18n: string;
  number: number;
  numbers: number[];
  binary: Uint8Array;
}
export type Kind = keyof Values;

export interface Tag<K extends Kind = Kind> {
  readonly number: number;
  readonly name: string;
  readonly kind: K;
}

type Rows = Record<string, readonly [number: number, kind: Kind]>;
type Table<R extends Rows> = { readonly [N in keyof R]: Tag<R[N][1]> };

function table<const R extends Rows>(rows: R): Table<R> {
  const tags = Object.entries(rows).map(([name, [number, kind]]) => [name, { number, name, kind }]);
  return Object.fromEntries(tags) as Table<R>;
}

/** Tags of the main header. */
export const TAG = table({
  HEADERIMMUTABLE: [63, 'binary'],
  HEADERI18NTABLE: [100, 'strings'],
  NAME: [1000, 'string'],
  VERSION: [1001, 'string'],
  RELEASE: [1002, 'string'],
  EPOCH: [1003, 'number'],
  SUMMARY: [1004, 'i18n'],
  DESCRIPTION: [1005, 'i18n'],
  BUILDTIME: [1006, 'number'],
  BUILDHOST: [1007, 'string'],
  SIZE: [1009, 'number'],
  DISTRIBUTION: [1010, 'string'],
  VENDOR: [1011, 'string'],
  LICENSE: [1014, 'string'],
  PACKAGER: [1015, 'string'],
  GROUP: [1016, 'i18n'],
  SOURCE: [1018, 'strings'],
  PATCH: [1019, 'strings'],
  URL: [1020, 'string'],
  OS: [1021, 'string'],
  ARCH: [1022, 'string'],
  PREIN: [1023, 'string'],
  POSTIN: [1024, 'string'],
  PREUN: [1025, 'string'],
  POSTUN: [1026, 'string'],
  OLDFILENAMES: [1027, 'strings'],
  FILESIZES: [1028, 'numbers'],
  FILEMODES: [1030, 'numbers'],
  FILERDEVS: [1033, 'numbers'],
  FILEMTIMES: [1034, 'numbers'],
  FILEDIGESTS: [1035, 'strings'],
  FILELINKTOS: [1036, 'strings'],
  FILEFLAGS: [1037, 'numbers'],
  FILEUSERNAME: [1039, 'strings'],
  FILEGROUPNAME: [1040, 'strings'],
  SOURCERPM: [1044, 'string'],
  FILEVERIFYFLAGS: [1045, 'numbers'],
  ARCHIVESIZE: [1046, 'number'],
  PROVIDENAME: [1047, 'strings'],
  REQUIREFLAGS: [1048, 'numbers'],
  REQUIRENAME: [1049, 'strings'],
  REQUIREVERSION: [1050, 'strings'],
  NOSOURCE: [1051, 'numbers'],
  NOPATCH: [1052, 'numbers'],
  CONFLICTFLAGS: [1053, 'numbers'],
  CONFLICTNAME: [1054, 'strings'],
  CONFLICTVERSION: [1055, 'strings'],
  EXCLUDEARCH: [1059, 'strings'],
  EXCLUDEOS: [1060, 'strings'],
  EXCLUSIVEARCH: [1061, 'strings'],
  EXCLUSIVEOS: [1062, 'strings'],
  RPMVERSION: [1064, 'string'],
  CHANGELOGTIME: [1080, 'numbers'],
  CHANGELOGNAME: [1081, 'strings'],
  CHANGELOGTEXT: [1082, 'strings'],
  BUILDARCHS: [1089, 'strings'],
  OBSOLETENAME: [1090, 'strings'],
  COOKIE: [1094, 'string'],
  FILELANGS: [1097, 'strings'],
  SOURCEPACKAGE: [1106, 'number'],
  PROVIDEFLAGS: [1112, 'numbers'],
  PROVIDEVERSION: [1113, 'strings'],
  OBSOLETEFLAGS: [1114, 'numbers'],
  OBSOLETEVERSION: [1115, 'strings'],
  DIRINDEXES: [1116, 'numbers'],
  BASENAMES: [1117, 'strings'],
  DIRNAMES: [1118, 'strings'],
  OPTFLAGS: [1122, 'string'],
  DISTURL: [1123, 'string'],
  PAYLOADFORMAT: [1124, 'string'],
  PAYLOADCOMPRESSOR: [1125, 'string'],
  PAYLOADFLAGS: [1126, 'string'],
  PLATFORM: [1132, 'string'],
  FILECOLORS: [1140, 'numbers'],
  PRETRANS: [1151, 'string'],
  POSTTRANS: [1152, 'string'],
  DISTTAG: [1155, 'string'],
  OLDSUGGESTSNAME: [1156, 'strings'],
  OLDSUGGESTSVERSION: [1157, 'strings'],
  OLDSUGGESTSFLAGS: [1158, 'numbers'],
  OLDENHANCESNAME: [1159, 'strings'],
  OLDENHANCESVERSION: [1160, 'strings'],
  OLDENHANCESFLAGS: [1161, 'numbers'],
  LONGFILESIZES: [5008, 'numbers'],
  LONGSIZE: [5009, 'number'],
  FILECAPS: [5010, 'strings'],
  FILEDIGESTALGO: [5011, 'number'],
  BUGURL: [5012, 'string'],
  VCS: [5034, 'string'],
  RECOMMENDNAME: [5046, 'strings'],
  RECOMMENDVERSION: [5047, 'strings'],
  RECOMMENDFLAGS: [5048, 'numbers'],
  SUGGESTNAME: [5049, 'strings'],
  SUGGESTVERSION: [5050, 'strings'],
  SUGGESTFLAGS: [5051, 'numbers'],
  SUPPLEMENTNAME: [5052, 'strings'],
  SUPPLEMENTVERSION: [5053, 'strings'],
  SUPPLEMENTFLAGS: [5054, 'numbers'],
  ENHANCENAME: [5055, 'strings'],
  ENHANCEVERSION: [5056, 'strings'],
  ENHANCEFLAGS: [5057, 'numbers'],
  ENCODING: [5062, 'string'],
  PAYLOADSHA256: [5092, 'strings'],
  PAYLOADSHA256ALGO: [5093, 'number'],
  MODULARITYLABEL: [5096, 'string'],
  PAYLOADSHA256ALT: [5097, 'strings'],
  PAYLOADSIZE: [5112, 'number'],
  PAYLOADSIZEALT: [5113, 'number'],
  RPMFORMAT: [5114, 'number'],
  SOURCENEVR: [5120, 'string'],
  PAYLOADSHA512: [5121, 'string'],
  PAYLOADSHA512ALT: [5122, 'string'],
  PAYLOADSHA3_256: [5123, 'string'],
  PAYLOADSHA3_256ALT: [5124, 'string'],
});

/** Tags of the signature header. Those from 1000 on are not read in v6 packages, as rpm does not. */
export const SIGTAG = table({
  HEADERSIGNATURES: [62, 'binary'],
  DSA: [267, 'binary'],
  RSA: [268, 'binary'],
  SHA1: [269, 'string'],
  LONGSIZE: [270, 'number'],
  LONGARCHIVESIZE: [271, 'number'],
  // format_v4.md and format_v6.md say 272; rpmtag.h and every package say 273.
  SHA256: [273, 'string'],
  FILESIGNATURES: [274, 'strings'],
  FILESIGNATURELENGTH: [275, 'number'],
  VERITYSIGNATURES: [276, 'strings'],
  OPENPGP: [278, 'strings'],
  SHA3_256: [279, 'string'],
  RESERVED: [999, 'binary'],
  SIZE: [1000, 'number'],
  PGP: [1002, 'binary'],
  MD5: [1004, 'binary'],
  GPG: [1005, 'binary'],
  PAYLOADSIZE: [1007, 'number'],
  RESERVEDSPACE: [1008, 'binary'],
});
