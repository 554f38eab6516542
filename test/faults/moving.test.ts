import { faults } from './faults.ts';
import { operations } from './operations.ts';

faults(operations.slice(operations.length / 2));
