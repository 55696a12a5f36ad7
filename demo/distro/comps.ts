/** The comps file: the package groups that a buildroot is installed from (format: Red Hat's comps.dtd). */

export type CompsGroup = { id: string; name: string; packages: readonly string[] };

export function compsXml(groups: readonly CompsGroup[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">',
    '<comps>',
  ];
  for (const group of groups) {
    lines.push('  <group>', `    <id>${escaped(group.id)}</id>`, `    <name>${escaped(group.name)}</name>`);
    lines.push('    <description/>', '    <default>false</default>', '    <uservisible>false</uservisible>');
    lines.push('    <packagelist>');
    for (const name of [...new Set(group.packages)].sort()) {
      lines.push(`      <packagereq type="mandatory">${escaped(name)}</packagereq>`);
    }
    lines.push('    </packagelist>', '  </group>');
  }
  return `${[...lines, '</comps>'].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
