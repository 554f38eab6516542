import { faults } from './faults.ts';
import { operations } from './operations.ts';

// In two files, for two cores.
faults(operations.slice(0, operations.length / 2));
