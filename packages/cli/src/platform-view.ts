/** What is said of a platform or a flavour that was added or edited. */
import type { Flavour, Platform } from '@moromi/contract';
import type { Screen } from './screen.ts';

export function tellPlatform(screen: Screen, platform: Platform): void {
  if (screen.json) screen.document(platform);
  else
    screen.line(
      `Platform ${platform.name} (change ${platform.change}); targets: ${platform.targets.map((one) => one.name).join(', ') || 'none'}`,
    );
}

export function tellFlavour(screen: Screen, flavour: Flavour): void {
  if (screen.json) screen.document(flavour);
  else
    screen.line(
      `Flavour ${flavour.name} (change ${flavour.change}); allowed by: ${flavour.platforms.join(', ') || 'no platform yet'}`,
    );
}
