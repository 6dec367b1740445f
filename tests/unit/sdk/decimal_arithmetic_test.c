/* Sums, products, quotients and rounding. The expectations are those of Python's decimal module. NULL: CG_RANGE. */
#include <chitragupt/decimal.h>
#include <criterion/criterion.h>
#include <string.h>

struct sum_case {
    const char *left;
    const char *right;
    const char *expected;
};

struct ratio_case {
    const char *left;
    const char *right;
    uint32_t digits;
    uint32_t rounding;
    const char *expected;
};

struct quantize_case {
    const char *value;
    int32_t exponent;
    uint32_t rounding;
    const char *expected;
};

/* What `ret` holds before a call, and after one that failed. */
static const struct cg_decimal untouched = {.low = 42, .high = 1, .exponent = 7, .negative = 1};

static struct cg_decimal parse(const char *text) {
    struct cg_decimal value = untouched;
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "%s", text);
    return value;
}

static void check(const char *what, const char *left, const char *right, cg_status status,
                  const struct cg_decimal *result, const char *expected) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(result, text);
    if (expected == NULL) {
        cr_assert_eq(status, CG_RANGE, "%s %s %s: status %d, %s", left, what, right, status, text);
        cr_assert_eq(memcmp(result, &untouched, sizeof untouched), 0, "%s %s %s: result touched", left, what, right);
        return;
    }
    cr_assert_eq(status, CG_OK, "%s %s %s: status %d", left, what, right, status);
    cr_assert_str_eq(text, expected, "%s %s %s: %s, expected %s", left, what, right, text, expected);
}

/* clang-format off */
static const struct sum_case sums[] = {
    {"0", "0", "0"},
    {"0.00", "0", "0.00"},
    {"-0", "0", "0"},
    {"-0.0", "-0", "-0.0"},
    {"1", "-1.00", "0.00"},
    {"10", "3.3334", "13.3334"},
    {"99999999999999999999999999999999999999", "1", NULL},
    {"99999999999999999999999999999999999999", "0", "99999999999999999999999999999999999999"},
    {"99999999999999999999999999999999999998", "1", "99999999999999999999999999999999999999"},
    {"1E+38", "-1", "99999999999999999999999999999999999999"},
    {"1E+38", "-0.1", NULL},
    {"1E+38", "0", NULL},
    {"0E+38", "1", "1"},
    {"1E+64", "1E-64", NULL},
    {"18446744073709551615", "1", "18446744073709551616"},
    {"18446744073709551615", "18446744073709551615", "36893488147419103230"},
    {"2.519400E+70", "-7.0665006520844405E+44", NULL},
    {"-5.09578505635E-10", "6E+56", NULL},
    {"-4.146601114247020786391227237309068905E+43", "-5E-13", NULL},
    {"-77375090208.863769087", "1E-19", "-77375090208.8637690869999999999"},
    {"-4.285817325493E+20", "-95789476451159052645.897", "-524371209000459052645.897"},
    {"-0.4615508613", "1.6767078E-8", "-0.461550844532922"},
    {"22348012.99", "223480129.9", "245828142.89"},
    {"562808033695940.6370362", "-0E-20", "562808033695940.63703620000000000000"},
    {"-1177233311.74473878195512052157149", "-99999999999.99999999", "-101177233311.74473877195512052157149"},
    {"9.0E+2", "-892.22084", "7.77916"},
    {"-9.76940E-13", "-9.76940E-13", "-1.953880E-12"},
    {"-2.779538256E+73", "-2.779538256E+73", "-5.559076512E+73"},
    {"-3.744251140420321508034354766E+35", "-5.31615923E+11", "-3.74425114042032150803436008215923E+35"},
    {"3E-12", "-4.964483083824E-10", "-4.934483083824E-10"},
    {"0E-19", "-0E-19", "0E-19"},
    {"9.0E-14", "9.0E-14", "1.80E-13"},
    {"-5.945378E-21", "-5.945378E-22", "-6.5399158E-21"},
};

static const struct sum_case differences[] = {
    {"0", "0", "0"},
    {"-0", "0", "-0"},
    {"3.3334", "10", "-6.6666"},
    {"1.0", "1.00", "0.00"},
    {"-99999999999999999999999999999999999999", "1", NULL},
    {"1E+38", "1", "99999999999999999999999999999999999999"},
    {"-0.0070", "0.00097205", "-0.00797205"},
    {"0.53783348740122226311668129", "9.42E-15", "0.53783348740121284311668129"},
    {"0.0006894893", "71496757345354.1", "-71496757345354.0993105107"},
    {"88395956626169904207.208", "9E-9", "88395956626169904207.207999991"},
    {"4556141.908974", "-9E-10", "4556141.9089740009"},
    {"-937646499404270849250.499570050", "-3353563303611.0495226250659", "-937646496050707545639.4500474249341"},
    {"-579046182107127155375647592976400790.3", "5790461821071271553756475929764007903", "-6369508003178398709132123522740408693.3"},
    {"-2.9449325766604E-24", "-2.9449325766604E-23", "2.65043931899436E-23"},
    {"5.788E-23", "5.788E-24", "5.2092E-23"},
    {"1E-15", "-5.971237087E-11", "5.971337087E-11"},
    {"-9.86113850379561433075039090588388170E-19", "-9.86113850379561433075039090588388170E-20", "-8.875024653416052897675351815295493530E-19"},
    {"-9.9E-11", "-5.357117272E-13", "-9.84642882728E-11"},
    {"-1.80378837115E+12", "-1.80378837115E+12", "0E+1"},
    {"8.52017E-29", "-8.52017E-28", "9.372187E-28"},
    {"9.399498594207001528391724E-9", "-3009622167500809.9488536924", NULL},
    {"-619060712573362359126835097973951.740", "-98655894749.313687", NULL},
    {"-424886910270533545428.168355", "-34.4631792276930903876100", NULL},
};

static const struct ratio_case products[] = {
    {"3", "24.0", 28, CG_ROUND_HALF_EVEN, "72.0"},
    {"72.0", "0.10", 28, CG_ROUND_HALF_EVEN, "7.200"},
    {"0", "0.02", 28, CG_ROUND_HALF_EVEN, "0.00"},
    {"1E-7", "1E+3", 28, CG_ROUND_HALF_EVEN, "0.0001"},
    {"0E-28", "0.0001", 28, CG_ROUND_HALF_EVEN, "0E-32"},
    {"-0.00", "5", 28, CG_ROUND_HALF_EVEN, "-0.00"},
    {"9999999999999999999999999999", "9", 28, CG_ROUND_HALF_EVEN, "8.999999999999999999999999999E+28"},
    {"99999999999999999999", "99999999999999999999", 0, CG_ROUND_DOWN, NULL},
    {"9999999999999999999", "9999999999999999999", 0, CG_ROUND_DOWN, "99999999999999999980000000000000000001"},
    {"9.5", "1", 1, CG_ROUND_HALF_UP, "1E+1"},
    {"2.5", "1", 1, CG_ROUND_HALF_EVEN, "2"},
    {"2.5", "1", 1, CG_ROUND_HALF_UP, "3"},
    {"2.9", "1", 1, CG_ROUND_DOWN, "2"},
    {"1E+40", "1E+25", 28, CG_ROUND_HALF_EVEN, NULL},
    {"1E-40", "1E-25", 28, CG_ROUND_HALF_EVEN, NULL},
    {"1", "1", 39, CG_ROUND_HALF_EVEN, NULL},
    {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999", 38, CG_ROUND_HALF_UP, "9.9999999999999999999999999999999999998E+75"},
    {"-4.89876E-15", "5.8988421175116825256570005E+77", 38, CG_ROUND_DOWN, "-2.8897011811581529889387487769380E+63"},
    {"-4E-28", "-9684342.914706411", 28, CG_ROUND_HALF_UP, "3.8737371658825644E-21"},
    {"-509.82576", "-1.00E-10", 28, CG_ROUND_HALF_EVEN, "5.098257600E-8"},
    {"-0E+10", "-3676903.96", 38, CG_ROUND_HALF_UP, "0E+8"},
    {"-0.0000377700964449375", "-2.685553E-13", 0, CG_ROUND_HALF_UP, "1.014335958179912379375E-17"},
    {"-5.3311950701466283111193457690383570912E-27", "-619284190240.57127297", 19, CG_ROUND_HALF_UP, "3.301524822030280279E-15"},
    {"-3504320.9008949392936457469148586230676", "5.121032987990656033262215017E+31", 28, CG_ROUND_HALF_EVEN, "-1.794574293398811858708080172E+38"},
    {"-8.780458934495267E+79", "6447965561933047.1506669", 38, CG_ROUND_DOWN, "-5.6616096827592818723878320626253943562E+95"},
    {"0.000000", "-803477358635617975080238961522.959", 28, CG_ROUND_HALF_EVEN, "-0E-9"},
    {"10000000000000000.000", "-4.92E+66", 28, CG_ROUND_HALF_EVEN, "-4.920000000000000000000E+82"},
    {"3.0337E+68", "9.7772028052206E-25", 0, CG_ROUND_DOWN, "2.966110015019773422E+44"},
    {"1.565E-15", "7.1E-16", 28, CG_ROUND_HALF_EVEN, "1.11115E-30"},
    {"7.4004E-7", "-829212574630179552736.889212295", 28, CG_ROUND_HALF_EVEN, "-613650473729318.0762074074927"},
    {"961382569425.345906671686879", "-0.00007916753022087228570", 28, CG_ROUND_HALF_UP, "-76110283.61880092036792305706"},
    {"7.76614304E-11", "-7100108451528023040659510739405197.255", 28, CG_ROUND_HALF_EVEN, "-551404578340795335021774.9634"},
    {"-9.0848307602919055E-16", "1171397710752555", 38, CG_ROUND_HALF_EVEN, "-1.06419499551803318470478799435525"},
    {"5.64589E-7", "41115549.1822820014057000386", 31, CG_ROUND_HALF_UP, "23.21338679727541289164277909314"},
    {"-0.6489465823229261611", "948041.1862865856", 28, CG_ROUND_DOWN, "-615228.0877420522984226362522"},
    {"776493066145234011.56779738900519", "-68.361", 28, CG_ROUND_HALF_EVEN, "-53081842494754342264.78619731"},
    {"9318790184598720842.62907326139392", "-26644.486414197523289763405222553189", 28, CG_ROUND_HALF_UP, "-248294378470297847627085.8441"},
    {"-6410579818247572050970712.805112379342", "0.0000862660552070109", 28, CG_ROUND_HALF_EVEN, "-553015432509894951862.7686273"},
    {"3106", "5.7E-9", 28, CG_ROUND_HALF_UP, "0.0000177042"},
    {"6732873.58986", "66360866239.994", 0, CG_ROUND_HALF_UP, "446799323707487683.08486084"},
    {"-9759140129835498678429328.186567", "-3.818108E-13", 38, CG_ROUND_HALF_UP, "3726145100284.5956188100445383756955236"},
    {"3.3986E-60", "-2E-7", 0, CG_ROUND_HALF_EVEN, NULL},
    {"1.00E-12", "-1.473904210604296711556499182364612402E-28", 28, CG_ROUND_HALF_EVEN, NULL},
    {"3.4527530993038171458806E-42", "-3.469257307788350E-49", 28, CG_ROUND_HALF_EVEN, NULL},
};

static const struct ratio_case quotients[] = {
    {"10", "3", 28, CG_ROUND_HALF_EVEN, "3.333333333333333333333333333"},
    {"20", "3", 28, CG_ROUND_HALF_EVEN, "6.666666666666666666666666667"},
    {"10.00", "4", 28, CG_ROUND_HALF_EVEN, "2.50"},
    {"1", "8", 28, CG_ROUND_HALF_EVEN, "0.125"},
    {"100", "1E+1", 28, CG_ROUND_HALF_EVEN, "10.0"},
    {"1E+3", "1E+1", 28, CG_ROUND_HALF_EVEN, "1E+2"},
    {"28800", "86400", 28, CG_ROUND_HALF_EVEN, "0.3333333333333333333333333333"},
    {"1", "0", 28, CG_ROUND_HALF_EVEN, NULL},
    {"0", "0.0", 28, CG_ROUND_HALF_EVEN, NULL},
    {"0", "-3.00", 28, CG_ROUND_HALF_EVEN, "-0E+2"},
    {"1", "3", 0, CG_ROUND_HALF_EVEN, NULL},
    {"1", "3", 39, CG_ROUND_HALF_EVEN, NULL},
    {"1", "99999999999999999999999999999999999999", 38, CG_ROUND_HALF_UP, NULL},
    {"1E+20", "99999999999999999999999999999999999999", 38, CG_ROUND_HALF_UP, "1.0000000000000000000000000000000000000E-18"},
    {"99999999999999999999999999999999999999", "7", 1, CG_ROUND_HALF_UP, "1E+37"},
    {"99999999999999999999999999999999999999", "1", 38, CG_ROUND_DOWN, "99999999999999999999999999999999999999"},
    {"1E+20", "340282366920938463463374607431768211", 38, CG_ROUND_DOWN, "2.9387358770557187699218413430556141984E-16"},
    {"7.39999E+7", "92676720326994309108.148664", 28, CG_ROUND_HALF_UP, "7.984734433728743102160121706E-13"},
    {"0.00085485610", "-67517530434796625865890.86", 38, CG_ROUND_HALF_UP, "-1.2661246560632960302023390427089572604E-26"},
    {"10000000000000.000000", "121355976300517521072437169635630", 28, CG_ROUND_DOWN, "8.240220469436703895278525311E-20"},
    {"819", "959498876.113", 7, CG_ROUND_DOWN, "8.535705E-7"},
    {"5E+64", "53829109.11145929181360", 28, CG_ROUND_HALF_UP, "9.288654563550237111402434244E+56"},
    {"-4.2640E+15", "-4.264E+8", 28, CG_ROUND_DOWN, "1.0E+7"},
    {"-0E-19", "930181132473587377099471134816.063251", 28, CG_ROUND_HALF_EVEN, "-0E-13"},
    {"-9.79305799441697450E-16", "-1000.0000000000000000", 28, CG_ROUND_DOWN, "9.7930579944169745E-19"},
    {"8.7228286242047622276844317854E+34", "6.90382262143963464E-14", 28, CG_ROUND_DOWN, "1.263478090690837506112641199E+48"},
    {"-5.332770404312055714232315E+88", "483979715425771737079625643773.2", 28, CG_ROUND_DOWN, "-1.101858246191300542269321476E+59"},
    {"59733.2800369118831825", "-109228683304788160.396765303743985", 28, CG_ROUND_HALF_UP, "-5.468644153682058405480545205E-13"},
    {"53037430643728799192", "-474594961770428740357263947814094.270", 28, CG_ROUND_HALF_UP, "-1.117530418904532867495942995E-13"},
    {"746483334003175829853334710.4365053265", "-0.0317304512494505339", 28, CG_ROUND_DOWN, "-2.352577113179575230801721133E+28"},
    {"0.000008148183570770575656769867588892", "52894371312254573834347.831", 32, CG_ROUND_HALF_EVEN, "1.5404632607634006569537081624581E-28"},
    {"-8662620.8715", "-4760920079474429544.7161856624435744", 28, CG_ROUND_DOWN, "1.819526630755013522454873301E-12"},
    {"0E-8", "-34758676851169477595283094.7476019398", 38, CG_ROUND_DOWN, "-0E+2"},
    {"-0E-33", "-0E-18", 38, CG_ROUND_DOWN, NULL},
    {"-5821720006619469666.86248964361", "8.659E+67", 28, CG_ROUND_HALF_EVEN, NULL},
    {"-3.0060782721348507809017188E+30", "9.81244849002577450921904E+87", 28, CG_ROUND_HALF_EVEN, NULL},
    {"0.00156162376085", "-0.000045", 28, CG_ROUND_HALF_UP, "-34.70275024111111111111111111"},
    {"-541413435429.467515351", "304822774240099.884526590396142", 10, CG_ROUND_HALF_UP, "-0.001776158087"},
    {"4145310546828.126202409571813516", "994477825568.465290699395", 28, CG_ROUND_DOWN, "4.168328785469475870562533775"},
    {"1.61766833246436374927446E+24", "-97706669465804.52203858819946602", 28, CG_ROUND_HALF_UP, "-16556375744.95891430607053324"},
    {"-7.1142872194957187819695518070739E+35", "-240888351170.9083522959840418", 28, CG_ROUND_HALF_UP, "2953354608022614212648491.139"},
    {"-0.0942166330", "-0.0009", 28, CG_ROUND_DOWN, "104.6851477777777777777777777"},
    {"-8430070.53259943729625498117", "2.28132031678130795576571E-15", 28, CG_ROUND_HALF_EVEN, "-3695259482234103623424.181043"},
    {"87493884150173269846.786014479280304264", "-20115341788506769237003.604449", 28, CG_ROUND_HALF_UP, "-0.004349609619865586223190611061"},
    {"-5.48389913791171131115051781E-9", "0.000035009042739105950634258401117", 28, CG_ROUND_HALF_EVEN, "-0.0001566423617686085099548771132"},
    {"-9999999999999999999999.9999999999999999", "-7.8977E+11", 27, CG_ROUND_HALF_EVEN, "12661914228.1930182204945744"},
    {"-1844674407370955.1617", "70.88", 28, CG_ROUND_HALF_UP, "-26025316131080.06717974040632"},
    {"-7964155319238777033661346.336", "18446744073709551617", 28, CG_ROUND_HALF_UP, "-431737.7249565334083332862424"},
    {"889062140664931133498630986.7172", "1.878908685746766817150E+22", 28, CG_ROUND_DOWN, "47318.00685202410248004956591"},
    {"620549023.4632700405053", "-0.000009", 28, CG_ROUND_DOWN, "-68949891495918.89338947777777"},
    {"-220.1973078716706071205", "0.000001652061069871", 38, CG_ROUND_DOWN, "-133286421.36023734006150911652916963658"},
    {"27153173115945760728.6188544", "382223720663650911157.36", 28, CG_ROUND_DOWN, "0.07104"},
};

static const struct quantize_case quantized[] = {
    {"3.6", -4, CG_ROUND_HALF_UP, "3.6000"},
    {"0", -4, CG_ROUND_HALF_UP, "0.0000"},
    {"0.00005", -4, CG_ROUND_HALF_UP, "0.0001"},
    {"-0.00005", -4, CG_ROUND_HALF_UP, "-0.0001"},
    {"0.00005", -4, CG_ROUND_HALF_EVEN, "0.0000"},
    {"0.00015", -4, CG_ROUND_HALF_EVEN, "0.0002"},
    {"-0.00004", -4, CG_ROUND_HALF_UP, "-0.0000"},
    {"0.00009", -4, CG_ROUND_DOWN, "0.0000"},
    {"12.345678", -4, CG_ROUND_HALF_UP, "12.3457"},
    {"0.49999999999999999999999999999999999999", 0, CG_ROUND_HALF_UP, "0"},
    {"99999999999999999999999999999999999999", 0, CG_ROUND_HALF_UP, "99999999999999999999999999999999999999"},
    {"99999999999999999999999999999999999999", -1, CG_ROUND_HALF_UP, NULL},
    {"99999999999999999999999999999999999999", 38, CG_ROUND_HALF_UP, "1E+38"},
    {"99999999999999999999999999999999999999", 39, CG_ROUND_HALF_UP, "0E+39"},
    {"5E-64", 64, CG_ROUND_HALF_UP, "0E+64"},
    {"1", -65, CG_ROUND_HALF_UP, NULL},
    {"1", 65, CG_ROUND_HALF_UP, NULL},
    {"0E+60", -64, CG_ROUND_HALF_UP, "0E-64"},
    {"-49873637233126682633663387969.72", -4, CG_ROUND_HALF_EVEN, "-49873637233126682633663387969.7200"},
    {"-5.400536938973", -4, CG_ROUND_HALF_EVEN, "-5.4005"},
    {"-4.4982051796946E-19", -4, CG_ROUND_DOWN, "-0.0000"},
    {"-0.8249144754757281", -4, CG_ROUND_HALF_UP, "-0.8249"},
    {"0E-8", -4, CG_ROUND_HALF_EVEN, "0.0000"},
    {"63540706965959773645.94289957912985065", -4, CG_ROUND_DOWN, "63540706965959773645.9428"},
    {"-0.0000763", -4, CG_ROUND_DOWN, "-0.0000"},
    {"221544", -4, CG_ROUND_HALF_EVEN, "221544.0000"},
    {"-9.88230739E-29", -4, CG_ROUND_HALF_EVEN, "-0.0000"},
    {"9.99999999999999999999999999E+31", -1, CG_ROUND_HALF_UP, "99999999999999999999999999900000.0"},
    {"-5.3147026658026985771777E+61", 13, CG_ROUND_DOWN, NULL},
    {"806121603331.31", -32, CG_ROUND_HALF_EVEN, NULL},
    {"458028244.6580213115", -37, CG_ROUND_DOWN, NULL},
    {"-9.507993858648E+49", 25, CG_ROUND_HALF_UP, "-9.507993858648000000000000E+49"},
    {"6.861742527E-55", -60, CG_ROUND_HALF_EVEN, "6.86174E-55"},
    {"2884277810724.6120503", 43, CG_ROUND_HALF_UP, "0E+43"},
    {"5.0438016E-20", 57, CG_ROUND_HALF_UP, "0E+57"},
    {"-4.722139799085718404018758538308862E+42", 30, CG_ROUND_HALF_EVEN, "-4.722139799086E+42"},
    {"-9.3451529176E-8", -26, CG_ROUND_HALF_EVEN, "-9.345152917600000000E-8"},
    {"6437540.953110121219090570", 6, CG_ROUND_HALF_EVEN, "6E+6"},
    {"-153035.82417976491341", 31, CG_ROUND_HALF_EVEN, "-0E+31"},
    {"86.4845966340247910", 15, CG_ROUND_HALF_UP, "0E+15"},
    {"3", 57, CG_ROUND_DOWN, "0E+57"},
};

/* Each number is less than the next; those in one row are equal. */
static const char *const ascending[][3] = {
    {"-99999999999999999999999999999999999999E+64", NULL, NULL},
    {"-1E+64", "-10E+63", NULL},
    {"-1", "-1.0", "-1.00000000000000000000000000000000000"},
    {"-99999999999999999999999999999999999999E-64", NULL, NULL},
    {"0", "-0", "0E-64"},
    {"1E-64", NULL, NULL},
    {"0.99999999999999999999999999999999999999", NULL, NULL},
    {"1", "1.00", "0.1E+1"},
    {"10", "1E+1", "10.0"},
    {"18446744073709551615", "18446744073709551615.0", NULL},
    {"18446744073709551616", "184467440737095516160E-1", NULL},
    {"99999999999999999999999999999999999999", NULL, NULL},
    {"1E+38", "10000000000000000000000E+16", NULL},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

Test(cg_decimal, add) {
    for (size_t i = 0; i < COUNT(sums); i++) {
        const struct sum_case *c = &sums[i];
        struct cg_decimal left = parse(c->left), right = parse(c->right), sum = untouched;
        check("+", c->left, c->right, cg_decimal_add(&left, &right, &sum), &sum, c->expected);
        sum = untouched;
        check("+ (swapped)", c->left, c->right, cg_decimal_add(&right, &left, &sum), &sum, c->expected);
    }
}

Test(cg_decimal, subtract) {
    for (size_t i = 0; i < COUNT(differences); i++) {
        const struct sum_case *c = &differences[i];
        struct cg_decimal left = parse(c->left), right = parse(c->right), difference = untouched;
        check("-", c->left, c->right, cg_decimal_subtract(&left, &right, &difference), &difference, c->expected);
    }
}

Test(cg_decimal, multiply) {
    for (size_t i = 0; i < COUNT(products); i++) {
        const struct ratio_case *c = &products[i];
        struct cg_decimal left = parse(c->left), right = parse(c->right), product = untouched;
        cg_status status = cg_decimal_multiply(&left, &right, c->digits, c->rounding, &product);
        check("*", c->left, c->right, status, &product, c->expected);
    }
}

Test(cg_decimal, divide) {
    for (size_t i = 0; i < COUNT(quotients); i++) {
        const struct ratio_case *c = &quotients[i];
        struct cg_decimal left = parse(c->left), right = parse(c->right), quotient = untouched;
        cg_status status = cg_decimal_divide(&left, &right, c->digits, c->rounding, &quotient);
        check("/", c->left, c->right, status, &quotient, c->expected);
    }
}

Test(cg_decimal, quantize) {
    for (size_t i = 0; i < COUNT(quantized); i++) {
        const struct quantize_case *c = &quantized[i];
        struct cg_decimal value = parse(c->value), result = untouched;
        cg_status status = cg_decimal_quantize(&value, c->exponent, c->rounding, &result);
        check("to", c->value, "exponent", status, &result, c->expected);
    }
}

Test(cg_decimal, result_may_be_operand) {
    struct cg_decimal value = parse("1.5");
    cr_assert_eq(cg_decimal_add(&value, &value, &value), CG_OK);
    cr_assert_eq(cg_decimal_multiply(&value, &value, 28, CG_ROUND_HALF_EVEN, &value), CG_OK);
    cr_assert_eq(cg_decimal_divide(&value, &value, 28, CG_ROUND_HALF_EVEN, &value), CG_OK);
    cr_assert_eq(cg_decimal_quantize(&value, -2, CG_ROUND_HALF_UP, &value), CG_OK);
    check("of", "operand", "itself", CG_OK, &value, "1.00");
}

Test(cg_decimal, compare) {
    for (size_t i = 0; i < COUNT(ascending); i++) {
        for (size_t k = 0; k < COUNT(ascending); k++) {
            for (size_t n = 0; n < 9; n++) {
                const char *left = ascending[i][n / 3], *right = ascending[k][n % 3];
                if (left != NULL && right != NULL) {
                    struct cg_decimal a = parse(left), b = parse(right);
                    int32_t expected = i == k ? 0 : i < k ? -1 : 1;
                    cr_assert_eq(cg_decimal_compare(&a, &b), expected, "%s compared with %s", left, right);
                }
            }
        }
    }
}

Test(cg_decimal, negate_and_zero) {
    struct cg_decimal value = parse("-0.00");
    cr_assert(cg_decimal_is_zero(&value));
    value = cg_decimal_negate(&value);
    check("of", "-0.00", "negated", CG_OK, &value, "0.00");
    value = parse("12.5");
    cr_assert(!cg_decimal_is_zero(&value));
    value = cg_decimal_negate(&value);
    check("of", "12.5", "negated", CG_OK, &value, "-12.5");
    value = (struct cg_decimal){.high = 1};
    cr_assert(!cg_decimal_is_zero(&value));
}

Test(cg_decimal, any_bits_are_safe) {
    const struct cg_decimal odd[] = {{UINT64_MAX, UINT64_MAX, INT32_MAX, 2},
                                     {UINT64_MAX, UINT64_MAX, INT32_MIN, UINT32_MAX},
                                     {1, 0, INT32_MAX, 1},
                                     {1, 0, INT32_MIN, 0},
                                     {0, 0, INT32_MIN, 7}};
    for (size_t i = 0; i < COUNT(odd); i++) {
        char text[CG_DECIMAL_TEXT_SIZE];
        cr_assert_lt(cg_decimal_format(&odd[i], text), sizeof text);
        (void)cg_decimal_to_double(&odd[i]);
        for (size_t k = 0; k < COUNT(odd); k++) {
            struct cg_decimal result = untouched;
            (void)cg_decimal_compare(&odd[i], &odd[k]);
            cr_assert_eq(cg_decimal_add(&odd[i], &odd[k], &result), CG_RANGE);
            cr_assert_eq(cg_decimal_quantize(&odd[i], odd[k].exponent, 99, &result), CG_RANGE);
            cr_assert_eq(memcmp(&result, &untouched, sizeof result), 0);
            (void)cg_decimal_multiply(&odd[i], &odd[k], 0, CG_ROUND_DOWN, &result);
            (void)cg_decimal_divide(&odd[i], &odd[k], 38, 99, &result);
            cr_assert_lt(cg_decimal_format(&result, text), sizeof text);
        }
    }
}
