#pragma once

#include <cstdint>
#include <string_view>

namespace siwareng::storage {

/// What can go wrong in the storage module.
enum class errc : std::uint8_t {
    queue_full,    ///< the writer has as many jobs as it may hold; try again later
    closed,        ///< the store is shutting down
    disk_full,     ///< the commit found no room; nothing of the job is kept
    read_only,     ///< the database file or its folder cannot be written
    not_found,     ///< the database or key file does not exist; `siwareng init` makes them
    exists,        ///< refused to overwrite an existing file
    not_a_store,   ///< the file exists but is not one of ours
    newer_schema,  ///< written by a newer version of the program
    wrong_key,     ///< the key file does not belong to this database
    bad_key_file,  ///< the key file is damaged, or others may read it
    bad_seal,      ///< sealed data that was changed or sealed for another place
    corrupt,       ///< the database file is damaged
    in_use,        ///< another process has the database open for writing
    bad_input,     ///< a file to import is not what it should be; the message says how
    constraint,    ///< a bug: a row that the schema refuses
    rolled_back,   ///< the job threw; its savepoint was rolled back
    io,            ///< any other failure of the file system
};

/// The enumerator's name, for logs and metrics; never personal data.
std::string_view to_string(errc value);

}  // namespace siwareng::storage
