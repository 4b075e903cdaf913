// A picture of the status page and what the demonstration gives it to show.
//
//   node picture.mjs NODE_MODULES BUILD FILE.png
import {createRequire} from 'node:module';
import path from 'node:path';

import {sleep, startDemo} from '../../dashboards/model/demo.mjs';

const [modules, build, file] = process.argv.slice(2).map((name) => path.resolve(name));
const {chromium} = createRequire(path.join(modules, 'x'))('playwright-core');
const kSeconds = 150;  // what the demonstration needs until its charts are worth a look

const demo = await startDemo({build, seconds: kSeconds + 60, shiftAfter: 60});
const browser =
    await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox']});
try {
  await sleep(kSeconds);
  const page =
      await browser.newPage({viewport: {width: 1400, height: 1000}, colorScheme: 'light'});
  await page.goto(demo.addresses.web);
  await page.locator('#tenants-body tbody tr').first().waitFor();
  await page.locator('#alerts summary').first().click();
  await page.mouse.move(0, 0);
  await sleep(1);
  await page.screenshot({path: file, fullPage: true});
} finally {
  await browser.close();
  await demo.stop();
}
