import { testKills } from './kill-harness.ts';

testKills('sandboxes');
