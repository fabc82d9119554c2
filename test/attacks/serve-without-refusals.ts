// Runs `fedbridge serve` without the startup check for unsafe Node options, to test the certificate check of each connection.
import { serve } from '../../src/cli/serve.ts';

await serve();
