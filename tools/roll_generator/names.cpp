#include "tools/roll_generator/names.hpp"

#include <array>

namespace siwareng::tools {
namespace {

using std::string_view;

// The lists run from common to rare: pick_skewed() prefers the front.

constexpr std::array muhammad_forms = std::to_array<string_view>(
    {"MUHAMAD", "MUHAMMAD", "MOHAMAD", "MUHAMMAD", "MOHAMMAD", "MOCHAMAD", "MUH.", "MOH.", "M.",
     "MOCH.", "MUHAMMED", "MUCHAMAD", "MUH", "MOH"});

constexpr std::array local_men_old = std::to_array<string_view>(
    {"SANUSI",   "ARSAD",   "JUNAEDI",  "SARMAN",  "MARSAN",   "NASIR",     "SUHERMAN",
     "RAHMAT",   "SAIMAN",  "UDIN",     "MARJUKI", "SARIP",    "MADSUPI",   "MADROJI",
     "NURDIN",   "JAMHARI", "SAMSUDIN", "SUKARTA", "KASIM",    "ENDANG",    "OMAN",
     "UJANG",    "EMAN",    "SARTA",    "RASIM",   "ASNAWI",   "MISBAH",    "SAPRI",
     "JAENUDIN", "SATIRI",  "MA'MUN",   "SYAFI'I", "ROHANI",   "SAMAN",     "TARMIDI",
     "MUKRI",    "SUWANDI", "BAHRUDIN", "ENTONG",  "NIMAN",    "SADELI",    "KOSIM",
     "DAMIRI",   "JAKARIA", "MURSID",   "SAKIR",   "MARHASAN", "ANTAWIJAYA"});

constexpr std::array local_men = std::to_array<string_view>(
    {"AHMAD",    "DEDI",    "ASEP",   "AGUS",  "HENDRA",    "IWAN",      "YUSUP",
     "RUDI",     "SAEPUL",  "ANDI",   "DENI",  "IMAM",      "SOLEHUDIN", "ADE",
     "HERMAN",   "YANTO",   "JAJANG", "CECEP", "IRFAN",     "ROHMAN",    "NANA",
     "SUHENDI",  "UDIN",    "SYARIP", "AEP",   "FAHRUDIN",  "BADRUDIN",  "KOMARUDIN",
     "SOPIAN",   "MULYADI", "RAHMAT", "HASAN", "JAMALUDIN", "KHOIRUL",   "LUKMAN",
     "MASTUR",   "NURHADI", "OPIK",   "ROBI",  "SARIPUDIN", "TATANG",    "USEP",
     "WAHYUDIN", "YAYAN",   "ZAENAL", "ARIS",  "BAEHAKI",   "DADANG",    "EDI",
     "FIRMAN",   "GUNAWAN", "IDRIS",  "JUHRI", "ABDUROHMAN"});

constexpr std::array local_men_young = std::to_array<string_view>(
    {"RIZKI",  "FAJAR",  "ALDI",   "REZA",    "ILHAM",  "DIMAS",  "RIFKI", "FADLI",
     "RAFLI",  "FARHAN", "ALFIAN", "RIAN",    "BAGAS",  "IQBAL",  "DANDI", "RAIHAN",
     "ADITYA", "NAUFAL", "HAIKAL", "ZIDAN",   "ARYA",   "GILANG", "YOGA",  "FAHMI",
     "AKBAR",  "RENDI",  "AKMAL",  "SYAHRUL", "WILDAN", "ARIEL",  "DAFFA", "KEVIN",
     "RAMA",   "SATRIA", "TEGAR",  "FEBRIAN", "AZIZ",   "ADAM",   "NABIL", "GALIH"});

constexpr std::array local_men_second = std::to_array<string_view>(
    {"HIDAYAT",  "SUPRIADI",  "SAEPUDIN", "SAPUTRA",   "MAULANA",   "RAMDANI",    "GUNAWAN",
     "SETIAWAN", "KURNIAWAN", "SOPIYAN",  "HERMAWAN",  "ROHMAN",    "NUGRAHA",    "FIRMANSYAH",
     "PERMANA",  "SUTISNA",   "IRAWAN",   "MUBAROK",   "ISKANDAR",  "BAHTIAR",    "FAUZI",
     "RAMADHAN", "SURYANA",   "JUNAEDI",  "HAMBALI",   "SYAHPUTRA", "PRATAMA",    "WIJAYA",
     "ANWAR",    "HAKIM",     "ABDULLAH", "ARIFIN",    "SUHENDAR",  "MUSTOPA",    "FADILAH",
     "ALAMSYAH", "SUGANDI",   "KUSUMA",   "AL FARIZI", "SOLIHIN",   "BURHANUDIN", "RUSMANA"});

constexpr std::array servant_of = std::to_array<string_view>(
    {"ROHMAN", "ROHIM", "AZIZ",  "ROSID", "HAMID", "KARIM", "MALIK", "GOFUR", "ROJAK",  "MUIN",
     "SALAM",  "LATIF", "WAHID", "MAJID", "HALIM", "JABAR", "KODIR", "MANAN", "SYUKUR", "GANI"});

constexpr std::array local_women_old = std::to_array<string_view>(
    {"ROHANI",  "AMINAH", "SARINAH", "MARYAMAH", "ROHAYATI", "JUMRIAH", "ASIAH",   "SAWIYAH",
     "RASMI",   "MURNI",  "ONAH",    "SANIAH",   "ARSIH",    "SARMI",   "ENCUM",   "MASNAH",
     "KARTINI", "RODIAH", "NASIAH",  "SURYATI",  "JUBAEDAH", "ROMLAH",  "MARNAH",  "SAMAH",
     "ITOH",    "ICIH",   "UNAH",    "ENAH",     "ARNASIH",  "KOMSIAH", "NURYATI", "SUMIYATI",
     "TITI",    "JUM'AH", "MASITOH", "NI'MAH",   "RUMSIAH",  "SAODAH",  "TASIAH",  "WARSIH"});

constexpr std::array local_women = std::to_array<string_view>(
    {"NURHAYATI", "YULI",     "ROHAENI", "ERNAWATI", "LILIS",    "SRI",      "NENG",    "YANTI",
     "EUIS",      "IDA",      "NANI",    "ENENG",    "MARYATI",  "DEWI",     "LINA",    "ELIN",
     "KOMALA",    "IMAS",     "TUTI",    "RINA",     "NURLELA",  "HALIMAH",  "SUMARNI", "ATIKAH",
     "MULYANAH",  "UUN",      "YATI",    "SUSI",     "HERAWATI", "JUARIAH",  "MIMIN",   "FATIMAH",
     "KHODIJAH",  "NURJANAH", "OOM",     "PIPIT",    "RATNA",    "SULASTRI", "TETI",    "WIWIN"});

constexpr std::array local_women_young = std::to_array<string_view>(
    {"NABILA",  "PUTRI", "ANNISA", "SALSABILA", "INTAN",       "ALYA",  "NADIA",   "SYIFA",
     "AULIA",   "RISKA", "DINDA",  "FITRI",     "AMELIA",      "ZAHRA", "NAJWA",   "TASYA",
     "MELINDA", "SILVI", "LARAS",  "KEYSHA",    "NAYLA",       "RATU",  "ADINDA",  "CINDY",
     "DELLA",   "FIRDA", "INDAH",  "LULU",      "MAYA",        "NOVI",  "RAHMA",   "SINTA",
     "TIARA",   "WIDYA", "ZASKIA", "HANA",      "KHAIRUNNISA", "VINA",  "YOLANDA", "SABRINA"});

constexpr std::array local_women_second = std::to_array<string_view>(
    {"NURHAYATI",  "LESTARI",   "RAHAYU",    "ANGGRAENI",   "WULANDARI", "SAFITRI",
     "AMELIA",     "HASANAH",   "OKTAVIANI", "PERTIWI",     "MAHARANI",  "FITRIANI",
     "KOMALASARI", "YULIANTI",  "HANDAYANI", "NURJANAH",    "APRILIANI", "JULAEHA",
     "AGUSTINA",   "RAMADHANI", "MARLINA",   "PUSPITASARI", "KARTIKA",   "NURAENI",
     "SOLIHAH",    "AZZAHRA",   "SAPITRI",   "PERMATASARI", "ROSDIANA",  "SUSILAWATI",
     "AENI",       "MAULIDA",   "MAESAROH",  "RIYANTI",     "KHOERUNISA"});

constexpr std::array siti_names = std::to_array<string_view>(
    {"AISAH",    "NURJANAH", "MARYAM",    "ROHMAH",  "AMINAH",    "FATIMAH", "HALIMAH", "JULAEHA",
     "KHODIJAH", "MAESAROH", "NURHALIZA", "PATONAH", "ROMLAH",    "SARAH",   "MASITOH", "AROFAH",
     "HODIJAH",  "JUBAEDAH", "KOMARIAH",  "LATIFAH", "MUNAWAROH", "NURAENI", "SOLEHAH", "UMAROH"});

constexpr std::array java_men = std::to_array<string_view>(
    {"SLAMET",  "SUPRIYANTO", "BAMBANG",  "SUGENG",   "WAHYU",   "EKO",      "JOKO",
     "TRI",     "SUTRISNO",   "SUYATNO",  "SUMARNO",  "HARTONO", "PURWANTO", "WIDODO",
     "BUDI",    "TEGUH",      "SUROTO",   "NGADIMAN", "PAIMIN",  "SUKIRMAN", "HERI",
     "ARIF",    "DWI",        "YOGI",     "GALIH",    "RESTU",   "DARSONO",  "KASMIN",
     "MUJIONO", "RIYANTO",    "SISWANTO", "TUGIMIN"});

constexpr std::array java_men_second = std::to_array<string_view>(
    {"SANTOSO",   "WIBOWO",   "PRASETYO", "NUGROHO", "SUSANTO", "HARYANTO", "CAHYONO", "PRABOWO",
     "SULISTYO",  "UTOMO",    "SAPUTRO",  "RAHARJO", "KUNCORO", "MARTONO",  "SUBEKTI", "PAMUNGKAS",
     "WICAKSONO", "SETYAWAN", "YULIANTO", "HANDOKO", "MULYONO", "WALUYO",   "PURNOMO", "SUDARMO"});

constexpr std::array java_women = std::to_array<string_view>(
    {"SRI",  "SITI",  "TRI",   "ENDANG",  "SUMIATI", "WARTINI",  "SUPARMI", "NINGSIH",
     "DWI",  "RETNO", "WAHYU", "SULASMI", "TUMINAH", "SUGIARTI", "KASMI",   "PAINEM",
     "RINI", "ANIK",  "LASMI", "YUNI",    "EKA",     "DIAH",     "MURTINI", "PARTINI"});

constexpr std::array java_women_second = std::to_array<string_view>(
    {"WAHYUNI",      "LESTARI",  "HANDAYANI", "RAHAYU",    "ASTUTI",    "NINGSIH",
     "SULISTYOWATI", "WIDAYATI", "UTAMI",     "MULYANI",   "SUSANTI",   "HARTATI",
     "SETYOWATI",    "KUSTIYAH", "PURWANTI",  "WIJAYANTI", "ROHMAWATI", "PUJIATI",
     "KRISTANTI",    "MARDIANA", "ANGGRAINI", "SEPTIANI",  "MURNIASIH", "HIDAYATI"});

constexpr std::array batak_men = std::to_array<string_view>(
    {"PARLINDUNGAN", "HOTMAN", "RONAL", "JHONSON", "SAHAT",   "TIGOR",   "BINSAR",
     "POLTAK",       "DANIEL", "RICKY", "MARULI",  "HERBERT", "JEREMIA", "ANDREAS",
     "TOGAR",        "RAMSES", "DAVID", "LAMHOT",  "FRENGKI", "SAMUEL"});

constexpr std::array batak_women = std::to_array<string_view>(
    {"ROTUA",   "LASMARIA", "TIURMA",   "DUMA",    "MELVA",   "ROSDIANA", "HOTMAIDA",
     "ERNITA",  "RUTH",     "DEBORA",   "NURMALA", "MASTIUR", "ROULI",    "YOHANA",
     "SONDANG", "TIORIDA",  "KRISTINA", "LAMTIUR", "MARIA",   "ELISABET"});

constexpr std::array batak_clans = std::to_array<string_view>(
    {"SIMANJUNTAK", "SIREGAR",  "NAINGGOLAN", "SITUMORANG", "SINAGA",     "HUTAPEA", "SIAHAAN",
     "PANJAITAN",   "MANURUNG", "SIMBOLON",   "PASARIBU",   "TAMPUBOLON", "GULTOM",  "SILALAHI",
     "HUTABARAT",   "SARAGIH",  "PURBA",      "LUBIS",      "HARAHAP",    "NASUTION"});

constexpr std::array benteng_clans = std::to_array<string_view>(
    {"TAN", "LIM", "OEY", "LIE", "TJOA", "GOUW", "KHOUW", "THE", "ONG", "TJIA", "SOUW", "LO"});

constexpr std::array benteng_men = std::to_array<string_view>(
    {"KIM HOK", "ENG SIN",  "TJIN HAY", "SUN LIONG", "KIAN SENG", "HOK TJAY", "TEK LIE",
     "HENDRA",  "SURYANTO", "WILLY",    "KELVIN",    "STEVEN",    "JUNAIDI",  "HERMAN",
     "RUDY",    "EDWARD",   "RICHARD",  "TJENG HIN", "LAY KIM",   "BUN SENG"});

constexpr std::array benteng_women = std::to_array<string_view>(
    {"MEI LAN",  "LAN NIO",  "KIM NIO", "SIU LIN",  "ENG NIO", "GIOK HWA", "LILY",
     "LINAWATI", "MELIANA",  "FELICIA", "JESSICA",  "SUSANA",  "YULIANA",  "HIAN NIO",
     "TJOE NIO", "VERONICA", "LENNY",   "SOEI HOA", "IMELDA",  "CAROLINE"});

constexpr std::array benteng_second = std::to_array<string_view>(
    {"WIJAYA", "SUSANTO", "GUNAWAN", "TANUWIJAYA", "HALIM", "KURNIAWAN", "SETIADI", "LESMANA"});

constexpr std::array degrees = std::to_array<string_view>(
    {", S.PD", ", S.E", ", S.KOM", ", S.PD.I", ", S.H", ", A.MD", " S.PD", ", S.KEP", ", S.T",
     ", M.PD", ", S.SOS", ", M.M", " SE", ", S.AG"});

constexpr std::array kampungs = std::to_array<string_view>(
    {"KP. CILALAY",   "KP. KELAPA",      "KP. GARDU",        "KP. BARU",       "KP. TEGAL",
     "KP. CIBUGEL",   "KP. PASIR",       "KP. KEBON KELAPA", "KP. RANCA GEDE", "KP. DUKUH",
     "KP. BOJONG",    "KP. LEUWI GAJAH", "KP. CARIU",        "KP. SUKASARI",   "KP. PABUARAN",
     "KP. BUARAN",    "KP. RAWA LINI",   "KP. JENGKOL",      "KP. CIKONENG",   "KP. MUNJUL",
     "KP. TALAGA",    "KP. NANGKA",      "KP. KADU",         "KP. SEMPUR",     "KP. WARUNG MANGGA",
     "KP. BABAKAN",   "KP. GEBANG",      "KP. SALEMBARAN",   "KP. TANJUNG",    "KP. KANDANG GEDE",
     "KP. CIHUNI",    "KP. PERANTI",     "KP. BUNAR",        "KP. KALAPADUA",  "KP. SELAPAJANG",
     "KP. TIGARAKSA", "KP. PEUSAR",      "KP. BITUNG",       "KP. CIAPUS",     "KP. RANCA BUAYA"});

constexpr std::array estates = std::to_array<string_view>(
    {"PERUM PURI MELATI", "PERUM TAMAN ANGSANA", "PERUM BUMI ASRI", "PERUM GRIYA LESTARI",
     "PERUM MUSTIKA RAYA", "PERUM VILA PERMATA", "PERUM TAMAN WALET", "PERUM PONDOK INDAH JAYA",
     "PERUM MEKAR ASRI", "PERUM GRAHA SENTOSA", "PERUM BUKIT TIARA", "PERUM TAMAN KIRANA",
     "PERUM CITRA PESONA", "PERUM PONDOK MAKMUR", "PERUM SUDIRMAN PERMAI", "PERUM TALAGA ASRI"});

constexpr std::array mosques = std::to_array<string_view>(
    {"AL-IKHLAS", "NURUL HUDA", "AL-MUHAJIRIN", "BAITURRAHMAN", "AT-TAQWA", "NURUL IMAN",
     "AL-HIDAYAH", "AL-FALAH", "AL-AMIN", "JAMI' AL-MUJAHIDIN", "NURUL FALAH", "AL-BAROKAH",
     "MIFTAHUL JANNAH", "DARUSSALAM", "AL-ISTIQOMAH", "AR-RAHMAN"});

template <std::size_t Size>
std::string_view skewed(random_source& random, const std::array<string_view, Size>& items) {
    return random.pick_skewed(std::span<const string_view>{items});
}

void append_words(std::string& out, string_view first, string_view second) {
    out += first;
    out += ' ';
    out += second;
}

void append_local_man(std::string& out, random_source& random, int birth_year) {
    const std::uint32_t form = random.below(100);
    const bool old = birth_year < 1966;
    const bool young = birth_year >= 1993;
    if (form < (young ? 24U : 11U)) {
        append_words(out, skewed(random, muhammad_forms),
                     young ? skewed(random, local_men_young) : skewed(random, local_men));
        if (random.below(100) < 35) append_words(out, "", skewed(random, local_men_second));
    } else if (form < 34) {
        append_words(out, "ABDUL", skewed(random, servant_of));
    } else if (old) {
        out += skewed(random, local_men_old);
        if (random.below(100) < 25) append_words(out, "", skewed(random, local_men_second));
    } else {
        out += young ? skewed(random, local_men_young) : skewed(random, local_men);
        if (random.below(100) < 82) append_words(out, "", skewed(random, local_men_second));
        if (young && random.below(100) < 12) append_words(out, "", skewed(random, local_men));
    }
}

void append_local_woman(std::string& out, random_source& random, int birth_year) {
    const std::uint32_t form = random.below(100);
    if (form < 20) {
        append_words(out, form == 0 ? "ST." : "SITI", skewed(random, siti_names));
    } else if (birth_year < 1966) {
        out += skewed(random, local_women_old);
        if (random.below(100) < 10) append_words(out, "", skewed(random, local_women_second));
    } else {
        const bool young = birth_year >= 1993;
        out += young ? skewed(random, local_women_young) : skewed(random, local_women);
        if (random.below(100) < (young ? 90U : 60U)) {
            append_words(out, "", skewed(random, local_women_second));
        }
    }
}

void append_java_name(std::string& out, random_source& random, bool male) {
    out += male ? skewed(random, java_men) : skewed(random, java_women);
    if (random.below(100) < 80) {
        append_words(out, "",
                     male ? skewed(random, java_men_second) : skewed(random, java_women_second));
    }
}

void append_benteng_name(std::string& out, random_source& random, bool male, string_view clan) {
    const string_view given = male ? skewed(random, benteng_men) : skewed(random, benteng_women);
    if (random.below(100) < 55) {
        append_words(out, clan, given);
    } else {
        append_words(out, given, skewed(random, benteng_second));
    }
}

/// The pilgrim's title, for people of an age at which many have it.
void append_pilgrim_title(std::string& out, random_source& random, const name_request& request) {
    if (request.custom != community::local && request.custom != community::javanese) return;
    if (request.age < 42 || !random.chance(3'000)) return;
    out += request.male ? "H. " : "HJ. ";
}

}  // namespace

void append_name(std::string& out, random_source& random, const name_request& request,
                 std::string_view clan) {
    append_pilgrim_title(out, random, request);
    switch (request.custom) {
        case community::local:
            if (request.male) {
                append_local_man(out, random, request.birth_year);
            } else {
                append_local_woman(out, random, request.birth_year);
            }
            break;
        case community::javanese:
            append_java_name(out, random, request.male);
            break;
        case community::batak:
            append_words(
                out, request.male ? skewed(random, batak_men) : skewed(random, batak_women), clan);
            break;
        case community::benteng:
            append_benteng_name(out, random, request.male, clan);
            break;
    }
    if (request.age >= 23 && request.age < 65 && random.chance(2'000)) {
        out += skewed(random, degrees);
    }
}

std::string_view pick_clan(random_source& random, community custom) {
    if (custom == community::batak) return skewed(random, batak_clans);
    if (custom == community::benteng) return skewed(random, benteng_clans);
    return {};
}

std::span<const std::string_view> kampung_names() {
    return kampungs;
}
std::span<const std::string_view> estate_names() {
    return estates;
}
std::span<const std::string_view> mosque_names() {
    return mosques;
}

}  // namespace siwareng::tools
