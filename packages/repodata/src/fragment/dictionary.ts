/**
 * What fragments have in common, for zstd to point at instead of saying it again: it makes them a third smaller.
 *
 * Invariant: a fragment can be read only with the dictionary that it was packed with, so this one never changes; another
 * one is another version of the form (`encoded.ts`).
 */

const primary = `<package type="rpm">
  <name>python3-lib</name>
  <arch>src</arch>
  <arch>aarch64</arch>
  <arch>i686</arch>
  <arch>noarch</arch>
  <arch>x86_64</arch>
  <version epoch="0" ver="1.0.0" rel="1.el9"/>
  <checksum type="sha256" pkgid="YES">\0</checksum>
  <summary>Development files for The GNU C library tools and utilities written in Python</summary>
  <description>This package contains the header files, shared libraries, documentation and debug information
that are needed to build applications which use the library. It is useful when developing with it.</description>
  <packager></packager>
  <url>http://www.gnu.org/software/</url>
  <url>https://github.com/</url>
  <time file="\0" build="17600"/>
  <size package="\0" installed="1" archive="1"/>
  <location \0/>
  <format>
    <rpm:license>GPL-2.0-or-later AND LGPL-2.1-or-later AND BSD-3-Clause AND Apache-2.0 AND MIT</rpm:license>
    <rpm:vendor></rpm:vendor>
    <rpm:group>Development/Libraries</rpm:group>
    <rpm:group>System Environment/Base</rpm:group>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>localhost</rpm:buildhost>
    <rpm:sourcerpm>.el9.src.rpm</rpm:sourcerpm>
    <rpm:header-range start="\0" end="\0"/>
    <rpm:provides>
      <rpm:entry name="config(" flags="EQ" epoch="0" ver="1." rel="1.el9"/>
      <rpm:entry name="debuginfo(build-id)" flags="EQ" epoch="0" ver=""/>
      <rpm:entry name="perl(::)" flags="EQ" epoch="0" ver="1."/>
      <rpm:entry name="pkgconfig()" flags="EQ" epoch="0" ver="1."/>
      <rpm:entry name="python3dist()" flags="EQ" epoch="0" ver="1."/>
      <rpm:entry name="lib.so.0()(64bit)"/>
      <rpm:entry name="lib.so.1()(64bit)"/>
      <rpm:entry name="(aarch-64)" flags="EQ" epoch="0" ver="1." rel="1.el9"/>
      <rpm:entry name="(x86-32)" flags="EQ" epoch="0" ver="1." rel="1.el9"/>
      <rpm:entry name="(x86-64)" flags="EQ" epoch="0" ver="1." rel="1.el9"/>
    </rpm:provides>
    <rpm:requires>
      <rpm:entry name="/bin/sh"/>
      <rpm:entry name="/bin/sh" pre="1"/>
      <rpm:entry name="/sbin/ldconfig" pre="1"/>
      <rpm:entry name="/usr/bin/bash"/>
      <rpm:entry name="/usr/bin/perl"/>
      <rpm:entry name="/usr/bin/pkg-config"/>
      <rpm:entry name="/usr/bin/python3"/>
      <rpm:entry name="ld-linux-x86-64.so.2()(64bit)"/>
      <rpm:entry name="libcrypto.so.3()(64bit)"/>
      <rpm:entry name="libgcc_s.so.1()(64bit)"/>
      <rpm:entry name="libgcc_s.so.1(GCC_3.0)(64bit)"/>
      <rpm:entry name="libglib-2.0.so.0()(64bit)"/>
      <rpm:entry name="libgobject-2.0.so.0()(64bit)"/>
      <rpm:entry name="libm.so.6(GLIBC_2.2.5)(64bit)"/>
      <rpm:entry name="libpthread.so.0()(64bit)"/>
      <rpm:entry name="libstdc++.so.6(GLIBCXX_3.4)(64bit)"/>
      <rpm:entry name="libstdc++.so.6(CXXABI_1.3)(64bit)"/>
      <rpm:entry name="libz.so.1()(64bit)"/>
      <rpm:entry name="python(abi)" flags="EQ" epoch="0" ver="3.9"/>
      <rpm:entry name="rtld(GNU_HASH)"/>
      <rpm:entry name="systemd" flags="GE" epoch="0" ver="2"/>
      <rpm:entry name="libc.so.6(GLIBC_2.34)(64bit)"/>
    </rpm:requires>
    <rpm:conflicts>
      <rpm:entry name="" flags="LT" epoch="0" ver="1"/>
    </rpm:conflicts>
    <rpm:obsoletes>
      <rpm:entry name="" flags="LE" epoch="0" ver="1"/>
    </rpm:obsoletes>
    <rpm:suggests>
    </rpm:suggests>
    <rpm:enhances>
    </rpm:enhances>
    <rpm:recommends>
    </rpm:recommends>
    <rpm:supplements>
      <rpm:entry name="( if langpacks-)"/>
    </rpm:supplements>
    <file>/etc/</file>
    <file>/usr/sbin/</file>
    <file>/usr/bin/</file>
  </format>
</package>
\x01`;

const filelists = `<package pkgid="\0" name="python3-" arch="x86_64">
  <version epoch="0" ver="1.0.0" rel="1.el9"/>
  <file>/etc/.conf</file>
  <file type="ghost">/var/log/</file>
  <file type="dir">/var/lib/</file>
  <file>/usr/lib/systemd/system/.service</file>
  <file>/usr/lib/debug/usr/lib64/.so.debug</file>
  <file type="dir">/usr/lib/.build-id</file>
  <file>/usr/lib/python3.9/site-packages/__pycache__/__init__.cpython-39.opt-1.pyc</file>
  <file>/usr/lib64/pkgconfig/.pc</file>
  <file>/usr/lib64/lib.so.1.0.0</file>
  <file>/usr/share/icons/hicolor/48x48/apps/.png</file>
  <file>/usr/share/applications/.desktop</file>
  <file>/usr/share/locale/de/LC_MESSAGES/.mo</file>
  <file>/usr/share/man/man1/.1.gz</file>
  <file>/usr/share/perl5/vendor_perl/.pm</file>
  <file>/usr/share/gtk-doc/html/.html</file>
  <file>/usr/include/.h</file>
  <file type="dir">/usr/share/doc/</file>
  <file>/usr/share/doc/README.md</file>
  <file>/usr/share/doc/ChangeLog</file>
  <file type="dir">/usr/share/licenses/</file>
  <file>/usr/share/licenses/LICENSE</file>
  <file>/usr/share/licenses/COPYING</file>
  <file>/usr/bin/</file>
</package>
\x01`;

const other = `<package pkgid="\0" name="lib-devel" arch="noarch">
  <version epoch="0" ver="1.0.0" rel="1.el9"/>
  <changelog author=" &lt;@gmail.com&gt; - 1.0-1" date="17">- Initial package</changelog>
  <changelog author=" &lt;@redhat.com&gt; - 1.0-2" date="16">- Update to version 1.0 (#1234567)
- Resolves: rhbz#2</changelog>
  <changelog author="Release Engineering &lt;releng@fedoraproject.org&gt; - 1.0-3" date="15">- Rebuilt for https://fedoraproject.org/wiki/Fedora_39_Mass_Rebuild</changelog>
  <changelog author=" &lt;@example.org&gt; - 1.0-4" date="14">- Fix build with the new compiler, drop patches, add missing dependency on and enable tests</changelog>
  <changelog author=" &lt;@users.noreply.github.com&gt; - 1.0-5" date="13">- Rebuilt for Python 3.9</changelog>
</package>
`;

export const dictionary1 = Buffer.from(other + filelists + primary);
