import { z } from 'zod';

// The content security policy forbids making functions from text, which zod would otherwise try for every schema.
// Imported first, because schemas decide this when they are made.
z.config({ jitless: true });
