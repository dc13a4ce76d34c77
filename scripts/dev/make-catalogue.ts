/**
 * Writes scenarios/catalogue/names.txt: domains of our own making, in order of popularity, so that
 * the project ships no one's list and names no company. Run it after a change of the word lists:
 *
 *     node --import tsx scripts/dev/make-catalogue.ts
 *
 * Deterministic: every draw is keyed by the rank. TLDs come in fixed proportions at every depth of
 * the list (each rank goes to the TLD that is furthest behind its share), so that a TLD's part of
 * the traffic does not hang on who happens to be on top.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mix, PURPOSE } from '../../sim/engine/random.ts';

const DOMAINS = 6_000;
const SEED = 0x5a6f6e65; // "Zone"

/** Per cent of the list. */
const TLDS: Readonly<Record<string, number>> = {
  de: 25,
  com: 30,
  net: 6,
  org: 6,
  nl: 6,
  se: 3,
  fr: 4,
  ch: 3,
  eu: 4,
  uk: 4,
  io: 3,
  at: 3,
  info: 3,
};

const GERMAN = `abend acker adler ahorn anker apfel auen bach backofen baum becher berg biber birke blatt
  blume boden bogen brise brot bruecke brunnen buche burg dach dachs dampf deich distel dorf drache eiche
  eimer eis elster ernte esche eule fackel falke farn feder feld fels fenster feuer fichte flocke floss
  fluss forelle fuchs funken garten gasse geige glocke gras hafen hafer hain halm hammer haus hecke heide
  herbst herd heu himmel hirsch hof holz honig huette igel insel jaeger kachel kamin kanne karte kastanie
  kater kelle kerze kessel kiefer kiesel kirsche klee kleid knospe koffer korb krug kueche kugel lampe
  laterne laub lerche licht linde loeffel luchs maerz malz mantel markt meise messing milch mohn mond moos
  muehle nacht nadel nebel nelke nest nordlicht nuss ofen ostwind palme pfad pfeffer pflaume pilz quelle
  quitte rabe rad rasen regal regen reh reif reise rinde ring rosen ruebe saat salz sand sattel schaf
  schere schiff schilf schnee schrank schuh see segel seife silber sommer sonne spatz speicher spiegel
  stein stern stiefel storch strand strumpf stube sturm tanne tasche tau teich teller tinte tisch tor
  traube treppe tulpe turm ufer vogel wacholder wald wanne wasser weide weizen welle werk wiese wind
  winter wolke wolle wurzel zaun zebra ziegel zimt zucker zwiebel`;
const ENGLISH = `acorn amber anchor apple arrow aspen autumn badger bakery barley basil basket beacon birch
  blossom bramble breeze brick bridge brook bucket butter button cabin candle canvas cedar chalk cherry
  clay clover cobalt comet copper coral cotton cradle creek crisp crystal daisy dawn delta dew drift dune
  dusk ember fable falcon feather fern fiddle field finch flint forest fox frost garden ginger glade glen
  granite grove gull harbour harvest hazel heather heron hill hollow honey ink iris island ivory ivy jade
  jasper juniper kettle kite ladder lagoon lantern lark laurel lemon lichen lilac linen loom lotus lunar
  magpie mallow maple marble marsh meadow mellow mint mirror mist moss nectar nettle nimbus nutmeg oak
  oat ocean olive onyx orbit orchard otter owl paddle paper parsley pebble pepper pine plum pollen pond
  poppy prairie quartz quill raven reed ribbon ridge river robin rocket root rowan rustic saddle saffron
  sage salt sand sequoia shadow shell shore silk silver sky slate smoke snow sparrow spruce spring squash
  starling stone stream summit swallow swift tangerine teal tea thistle thyme timber tin torch trail tulip
  tundra twig umber valley velvet violet walnut warbler water wheat whistle wicker wild willow window
  winter wool wren yarn yarrow zephyr`;
const DUTCH = `akker appel avond beek berg bloem boom boer brood brug dauw deken dijk dorp duin eik eiland
  fiets fluit gans gracht gras haven heide hek herfst hoek hof honing hout huis kaars kaas kade kast kers
  klaver klok klomp koek koffie korf kraan krant kruid kust lamp lente licht linde maan meer melk mist
  molen mos muur nacht nevel noot oever oven paard pad peer plein polder regen riet rook roos schaap
  schip schuur sloot sneeuw spijker steen ster strand stroom tafel tak tarwe tuin uil veld venster vis
  vlieger vlinder vogel vos water weide wiel wilg wind winter wolk wortel zand zee zeil zilver zomer zon`;
const SWEDISH = `alm ask backe berg bi bjork blad blomma bok brygga bull dal ek fjall fjord flod fors frost
  fura fyr glas gran gren gryning gryta guld hallon hamn hav hed himmel holme hus hjort is jord kaffe kanel
  klippa klocka knut kust lada lampa lind ljung ljus lund lykta mane moln mossa mus myr natt norr not
  orm rav regn ren ros salt sand segel sjo skog sky smed sno sol spegel sten stig stjarna storm strand
  stuga svala svan tall torg trad tuva udde uggla vag varg vass vik vind vinter aker ang`;
const FRENCH = `abeille ancre arbre ardoise aube automne bateau blanc bois boulange brise bruyere cabane
  campagne cannelle canal cerise chaleur champ chateau chemin chene ciel citron cloche colline coquille
  corail cuivre dune eau ecorce encre etang etoile falaise farine fenetre feuille figue flamme fleur
  fontaine foret four framboise galet givre grange hameau herbe hiver horloge ile jardin laine lampe lande
  lavande lierre lin lune maison marche marais menthe miel montagne moulin mousse muguet neige noisette
  nuage olive orage orge ormeau panier papier pavot peche perle phare pierre pinson plage pluie poire pont
  potager prairie prune puits renard riviere roche rosee sable safran sapin saule sel sentier soie soleil
  source tilleul toit trefle tuile vague vallee velours vent verger vigne violette voile`;

/** The stock of a TLD's names; more than one where more than one language is at home. */
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  de: [GERMAN],
  at: [GERMAN],
  ch: [GERMAN, FRENCH],
  nl: [DUTCH],
  se: [SWEDISH],
  fr: [FRENCH],
  eu: [GERMAN, ENGLISH, FRENCH, DUTCH],
  com: [ENGLISH],
  net: [ENGLISH],
  org: [ENGLISH],
  uk: [ENGLISH],
  io: [ENGLISH],
  info: [ENGLISH, GERMAN],
};

/** Second words that say what a site is for. */
const TRADES: Readonly<Record<string, readonly string[]>> = {
  de: ['laden', 'verein', 'blog', 'verlag', 'werkstatt', 'reisen', 'zeitung', 'schule'],
  com: ['works', 'goods', 'media', 'labs', 'travel', 'news', 'games', 'cloud', 'post', 'kitchen'],
  nl: ['winkel', 'krant', 'reizen', 'bouw', 'school'],
  fr: ['presse', 'voyage', 'atelier', 'ecole', 'boutique'],
  se: ['butik', 'resor', 'tidning', 'skola'],
};

const STOCKS = new Map(
  Object.entries(LANGUAGES).map(([tld, texts]) => [
    tld,
    texts.map((text) => text.trim().split(/\s+/)),
  ]),
);

function makeDomain(tld: string, rank: number, attempt: number): string {
  const draw = (k: number, options: number): number =>
    mix(SEED, PURPOSE.trait, rank, attempt, k) % options;
  const stocks = STOCKS.get(tld) as string[][];
  const stock = stocks[draw(0, stocks.length)] as string[];
  const word = (k: number): string => stock[draw(k, stock.length)] as string;
  const trades = TRADES[tld === 'at' || tld === 'ch' ? 'de' : tld] ?? (TRADES.com as string[]);
  const shape = draw(1, 10);
  const second = shape < 3 ? (trades[draw(3, trades.length)] as string) : word(3);
  const joint = shape === 9 ? '-' : '';
  const tail = shape === 8 ? String(2 + draw(4, 97)) : '';
  return `${word(2)}${joint}${second}${tail}.${tld}`;
}

/** The TLD that is furthest behind its share after `rank` names. */
function nextTld(given: ReadonlyMap<string, number>, rank: number): string {
  let best = '';
  let most = Number.NEGATIVE_INFINITY;
  for (const [tld, percent] of Object.entries(TLDS)) {
    const behind = (percent / 100) * (rank + 1) - (given.get(tld) ?? 0);
    if (behind > most) {
      most = behind;
      best = tld;
    }
  }
  return best;
}

/** The file, as text. */
export function makeCatalogue(): string {
  const domains = new Set<string>();
  const given = new Map<string, number>();
  while (domains.size < DOMAINS) {
    const rank = domains.size;
    const tld = nextTld(given, rank);
    let attempt = 0;
    let domain = makeDomain(tld, rank, attempt);
    while (domains.has(domain)) domain = makeDomain(tld, rank, ++attempt);
    domains.add(domain);
    given.set(tld, (given.get(tld) ?? 0) + 1);
  }
  return `${HEADER}${[...domains].join('\n')}\n`;
}

const HEADER = `# ${DOMAINS} domains in order of popularity, made by scripts/dev/make-catalogue.ts out of word
# lists. Any likeness to a registered domain is chance; no traffic is ever sent to them.
`;

export const CATALOGUE_FILE: string = fileURLToPath(
  new URL('../../scenarios/catalogue/names.txt', import.meta.url),
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(CATALOGUE_FILE, makeCatalogue());
}
