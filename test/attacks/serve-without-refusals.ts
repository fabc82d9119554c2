// `fedbridge serve` without what refuses Node's switches first: shows which of them each connection resists on its own.
import { serve } from '../../src/cli/serve.ts';

await serve();
