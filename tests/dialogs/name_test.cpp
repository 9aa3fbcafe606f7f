#include "dialogs/voter/name_match.hpp"
#include "dialogs/voter/name_text.hpp"

#include <gtest/gtest.h>

namespace siwareng::dialogs {
namespace {

struct name_pair {
    const char* typed;
    const char* listed;
};

TEST(name_match, same) {
    constexpr name_pair cases[] = {
        {"Siti Aminah", "SITI AMINAH"},
        {"siti aminah", "SITI AMINAH"},
        {"  siti   AMINAH ", "SITI AMINAH"},
        {"sitiaminah", "SITI AMINAH"},
        {"Nur Aini", "NURAINI"},
        {"Nuraini", "NUR AINI"},
        {"Nur'aini", "NUR AINI"},
        {"Ma\u2019mun Murod", "MAKMUN MUROD"},
        {"René Suhardono", "RENE SUHARDONO"},
        // Forms of Muhammad.
        {"Muhammad Rizki Pratama", "MUHAMMAD RIZKI PRATAMA"},
        {"Moh. Rizki Pratama", "MUHAMMAD RIZKI PRATAMA"},
        {"M. Rizki Pratama", "MUHAMMAD RIZKI PRATAMA"},
        {"M Rizki", "MUHAMMAD RIZKI"},
        {"Mochamad Rizki", "MUHAMMAD RIZKI"},
        {"Mohammad Rizki", "MOH. RIZKI"},
        {"Muh Rizki", "MUCHAMMAD RIZKI"},
        {"Mhd. Rizki", "MOHAMAD RIZKI"},
        {"Muhamad Rizky", "MUHAMMAD RIZKI"},
        {"Rizki Pratama", "MUHAMMAD RIZKI PRATAMA"},
        {"Achmad Fauzi", "AHMAD FAUZI"},
        {"Akhmad Fauzi", "AHMAD FAUZI"},
        // Titles before and after, with and without dots, on either side.
        {"H. Sobari", "SOBARI"},
        {"Sobari", "H. SOBARI"},
        {"Hj. Siti Aminah", "SITI AMINAH"},
        {"Siti Aminah Hj", "HJ. SITI AMINAH"},
        {"Budi Santoso, S.E.", "BUDI SANTOSO"},
        {"Budi Santoso SE", "BUDI SANTOSO"},
        {"Budi Santoso", "BUDI SANTOSO, S.E., M.M."},
        {"Budi Santoso S.Pd", "BUDI SANTOSO, S.PD."},
        {"Budi Santoso S. Pd. I", "BUDI SANTOSO"},
        {"Dr. Budi Santoso M.Kom", "BUDI SANTOSO"},
        {"Drs. H. Budi Santoso", "BUDI SANTOSO"},
        {"Drs.H.Budi Santoso", "BUDI SANTOSO"},
        {"Ir Budi Santoso", "BUDI SANTOSO"},
        {"KH. Abdullah Syukri", "ABDULLAH SYUKRI"},
        {"K.H. Abdullah Syukri", "ABDULLAH SYUKRI"},
        {"Ust. Abdullah Syukri", "ABDULLAH SYUKRI"},
        {"R. Bambang Sutrisno", "BAMBANG SUTRISNO"},
        {"RR. Endang Lestari", "ENDANG LESTARI"},
        {"Tb. Ahmad Fauzi", "TUBAGUS AHMAD FAUZI"},
        {"Ahmad Fauzi", "TB. AHMAD FAUZI"},
        {"Ibu Siti Aminah", "SITI AMINAH"},
        // Initials and missing later names.
        {"Suharyanto P.", "SUHARYANTO PRABOWO"},
        {"Siti Nur A", "SITI NUR AMINAH"},
        {"Budi Santoso", "BUDI SANTOSO WIJAYA"},
        {"Zulkarnain", "ZULKARNAIN HARAHAP"},
        {"Abdul Rahman", "A. RAHMAN"},
        {"St. Khodijah", "SITI KHODIJAH"},
        {"Abd. Rohim", "ABDUL ROHIM"},
        {"Ahmad Sobari bin Sulaiman", "AHMAD SOBARI"},
        {"Ahmad Sobari", "AHMAD BIN SOBARI"},
        // One mistake in a word of five letters or more.
        {"Siti Aminha", "SITI AMINAH"},
        {"Siti Aminh", "SITI AMINAH"},
        {"Siti Amiinah", "SITI AMINAH"},
        {"Siti Aninah", "SITI AMINAH"},
        {"Bambamg Sutrsno", "BAMBANG SUTRISNO"},
        {"Sutrisno", "SUTRISNO"},
        {"Sutrisna", "SUTRISNO"},
        {"Abdurrahman", "ABDUL RAHMAN"},
        {"Abdurahman", "ABDURRAHMAN"},
        // Old spellings.
        {"Suharto", "SOEHARTO"},
        {"Soedjono Hadi", "SUJONO HADI"},
        {"Tjahjo Kumolo", "CAHYO KUMOLO"},
        {"Sjafrudin Nur", "SYAFRUDIN NUR"},
        {"Chairul Anwar", "KHAIRUL ANWAR"},
        {"Syarif Hidayat", "SARIF HIDAYAT"},
        {"Rizqi Maulana", "RIZKI MAULANA"},
        {"Annisa Fadhilah", "ANISA FADILAH"},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(compare_names(each.typed, each.listed), name_match::same)
            << each.typed << " / " << each.listed;
    }
}

TEST(name_match, different) {
    constexpr name_pair cases[] = {
        {"", "SITI AMINAH"},
        {"Siti Aminah", ""},
        {"", ""},
        {"...", "SITI AMINAH"},
        // A guessed common name alone opens nothing.
        {"Siti", "SITI AMINAH"},
        {"siti a", "SITI AMINAH"},
        {"S. Aminah", "SITI AMINAH"},
        {"Muhammad", "MUHAMMAD RIZKI"},
        {"M.", "MUHAMMAD RIZKI"},
        {"Muhammad R.", "MUHAMMAD RIZKI"},
        {"Nur", "NUR HASANAH"},
        {"Ahmad", "AHMAD FAUZI"},
        {"Dewi", "DEWI LESTARI"},
        {"Sri", "SRI WAHYUNI"},
        {"Agus", "AGUS SETIAWAN"},
        {"Budi", "BUDI SANTOSO"},
        {"Abdul", "ABDUL ROHIM"},
        {"Siti Nur", "SITI NUR AMINAH"},
        {"Ahmad Abdul", "AHMAD ABDUL ROHIM"},
        {"H.", "H. SOBARI"},
        {"Dr", "DR. BUDI SANTOSO"},
        {"S", "SOBARI"},
        {"A", "A. RAHMAN"},
        {"Rahman", "A. RAHMAN"},
        {"Ahmad", "AHMAD S."},
        {"Ahmad S", "AHMAD"},
        {"Bambang S.", "BAMBANG SUTRISNO"},
        {"Rizki", "MUHAMMAD RIZKI"},
        {"Zulkarnain", "MUHAMMAD ZULKARNAIN"},
        // A bag of guesses is no name.
        {"Siti Ahmad Dewi Budi Aminah", "SITI AMINAH"},
        {"Aminah Siti", "SITI AMINAH"},
        {"Siti Aminah Rahmawati", "SITI AMINAH"},
        {"Sobari Sobirin Suhendi", "SOBARI"},
        // Not the first name.
        {"Santoso", "BUDI SANTOSO"},
        {"Aminah", "SITI AMINAH"},
        {"Harahap", "ZULKARNAIN HARAHAP"},
        {"Sutrisno", "BAMBANG SUTRISNO"},
        // Another person.
        {"Siti Aisyah", "SITI AMINAH"},
        {"Budi Hartono", "BUDI SANTOSO"},
        {"Andi Santoso", "BUDI SANTOSO"},
        {"Rina Marlina", "RINI MARLINA"},
        {"Hasan", "HUSIN"},
        {"Dedi", "DEDE"},
        // Two mistakes in one word, or one in a short word.
        {"Siti Anunah", "SITI AMINAH"},
        {"Sati Aminah", "SITI AMINAH"},
        {"Sutrosna", "SUTRISNO"},
        // A single name has to be there in full.
        {"Sut", "SUTRISNO"},
        {"Sutris", "SUTRISNO"},
        {"S.", "SUTRISNO"},
        {"Suharto Sutrisno", "SUTRISNO"},
        {"Bapak", "SUTRISNO"},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(compare_names(each.typed, each.listed), name_match::different)
            << each.typed << " / " << each.listed;
    }
}

TEST(name_match, long_texts_are_no_names_and_cost_little) {
    const std::string noise(100'000, 'A');
    EXPECT_EQ(compare_names(noise, "SITI AMINAH"), name_match::different);
    std::string initials;
    for (int i = 0; i < 100; ++i)
        initials += "A ";
    EXPECT_EQ(compare_names(initials, "ANI AMINAH"), name_match::different);
}

TEST(name_match, normalises) {
    constexpr name_pair cases[] = {
        {"Drs. H. Budi Santoso, S.Pd., M.M.", "BUDI SANTOSO"},
        {"h.  moh. ali", "MOH ALI"},
        {"Nur'aini", "NURAINI"},
        {"M.Ali", "M ALI"},
        {"Haji", "HAJI"},
        {"", ""},
    };
    for (const auto& each : cases)
        EXPECT_EQ(normalise_name(each.typed), each.listed);
}

TEST(name_text, finds_the_name_in_a_message) {
    constexpr name_pair cases[] = {
        {"Siti Aminah", "Siti Aminah"},
        {"nama saya Siti Aminah", "Siti Aminah"},
        {"Nama : Siti Aminah", "Siti Aminah"},
        {"Nama Lengkap: Siti Aminah\nAlamat: Kp. Baru", "Siti Aminah"},
        {"NIK: \nNama: Siti Aminah\nTTL: Tangerang", "Siti Aminah"},
        {"Nama: Siti Aminah NIK:", "Siti Aminah"},
        {"Nama: Siti Aminah No KTP:", "Siti Aminah"},
        {"a.n. Siti Aminah ya min", "Siti Aminah"},
        {"atas nama Siti Aminah", "Siti Aminah"},
        {"a/n Siti Aminah", "Siti Aminah"},
        {"\n  SITI AMINAH\n", "SITI AMINAH"},
        {"Siti Aminah terima kasih", "Siti Aminah"},
        {"Dewi Kasih", "Dewi Kasih"},
        {"my name is Siti Aminah", "Siti Aminah"},
        {"asma: Siti Aminah", "Siti Aminah"},
        {"Asma Nadia", "Asma Nadia"},
        {"Siti Aminah \xF0\x9F\x99\x8F", "Siti Aminah"},
        {"Budi Santoso, S.E.", "Budi Santoso, S.E."},
        {"Alamat: Kp. Baru", ""},
        {"ya min", ""},
        {"", ""},
    };
    for (const auto& each : cases)
        EXPECT_EQ(name_in_text(each.typed), each.listed) << each.typed;
}

}  // namespace
}  // namespace siwareng::dialogs
