import { expect, test } from 'vitest';
import { readRepomd } from '../repomd.ts';
import { type WrittenRecord, writeRepomd } from './root.ts';

const sha = (digit: string) => digit.repeat(64);
const record: WrittenRecord = {
  ...{ type: 'primary', href: `repodata/${sha('a')}-primary.xml.gz`, checksum: sha('a'), size: 5 },
  ...{ openChecksum: sha('b'), openSize: 50, timestamp: 7 },
};

test('what is written is read again', () => {
  const records = [record, { ...record, type: 'group', openChecksum: null, openSize: null, timestamp: null }];
  expect(readRepomd(writeRepomd('12', records))).toEqual({ revision: '12', records });
  expect(readRepomd(writeRepomd('0', []))).toEqual({ revision: '0', records: [] });
});

test('it stands as createrepo_c writes it', () => {
  const tags = {
    content: ['binary-x86_64'],
    repo: ['a & b'],
    distro: [{ name: 'Moromi', cpe: 'cpe:/o:"m"' }, { name: 'x' }],
  };
  const zck = { ...record, type: 'primary_zck', header: { checksum: sha('c'), size: 3 } };
  const db = { ...record, type: 'primary_db', databaseVersion: 10 };
  expect(writeRepomd('7', [zck, db], tags).toString()).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>7</revision>
  <tags>
    <content>binary-x86_64</content>
    <repo>a &amp; b</repo>
    <distro cpeid="cpe:/o:&quot;m&quot;">Moromi</distro>
    <distro>x</distro>
  </tags>
  <data type="primary_zck">
    <checksum type="sha256">${sha('a')}</checksum>
    <open-checksum type="sha256">${sha('b')}</open-checksum>
    <header-checksum type="sha256">${sha('c')}</header-checksum>
    <location href="repodata/${sha('a')}-primary.xml.gz"/>
    <timestamp>7</timestamp>
    <size>5</size>
    <open-size>50</open-size>
    <header-size>3</header-size>
  </data>
  <data type="primary_db">
    <checksum type="sha256">${sha('a')}</checksum>
    <open-checksum type="sha256">${sha('b')}</open-checksum>
    <location href="repodata/${sha('a')}-primary.xml.gz"/>
    <timestamp>7</timestamp>
    <size>5</size>
    <open-size>50</open-size>
    <database_version>10</database_version>
  </data>
</repomd>
`);
});

test('a type stands only once', () => {
  expect(() => writeRepomd('1', [record, record])).toThrow('twice');
});
