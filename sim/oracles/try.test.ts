import { it } from 'vitest';
import { runWhole, openOneTtl } from './testing/one-ttl-world.ts';
it('try', () => {
  for (const w of [{rate:1,ttl:10,seconds:40000},{rate:10,ttl:10,seconds:40000},{rate:.1,ttl:1,seconds:400000},{rate:10,ttl:10,seconds:4000,signed:true},{rate:20,ttl:1,seconds:5000,fetchDelay:200000,warmup:100},{rate:2000,names:2000,ttl:10,seconds:35}, {rate:166,names:10000,zipf:1,ttl:60,seconds:360}]) {
    const t=Date.now();
    openOneTtl(w); const t1=Date.now();
    const s = runWhole(w);
    console.log(JSON.stringify(w), t1-t, Date.now()-t1, s.clientQueries, s.hits/s.clientQueries, s.misses, s.joined, s.upstreamQueries, s.NOERROR, s.SERVFAIL, s.TIMEOUT);
  }
}, 100000);
