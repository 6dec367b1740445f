# The libraries the program and its tests are built on, each found once. A folder names what it uses:
#   PkgConfig::libuv  PkgConfig::libcurl  PkgConfig::jansson  PkgConfig::yaml  PkgConfig::sqlite3  PkgConfig::libelf
#   PkgConfig::libsodium  PkgConfig::libmicrohttpd  PkgConfig::zlib  PkgConfig::criterion (tests only)  ltdl::ltdl
# What only one optional module needs is found in that module's folder.

find_package(PkgConfig REQUIRED)

# cg_find_library_package(name module debian_package): makes PkgConfig::<name>, or stops and says what to install.
function(cg_find_library_package name module debian_package)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${name}_FOUND)
        message(FATAL_ERROR "pkg-config does not know '${module}'; on Debian install the package ${debian_package}.")
    endif()
endfunction()

cg_find_library_package(libuv "libuv>=1.44" libuv1-dev)
cg_find_library_package(libcurl "libcurl>=7.88" libcurl4-openssl-dev)
cg_find_library_package(jansson "jansson>=2.14" libjansson-dev)
cg_find_library_package(yaml "yaml-0.1>=0.2.5" libyaml-dev)
cg_find_library_package(sqlite3 "sqlite3>=3.40" libsqlite3-dev)
cg_find_library_package(libelf libelf libelf-dev)
cg_find_library_package(libsodium "libsodium>=1.0.18" libsodium-dev)
cg_find_library_package(libmicrohttpd "libmicrohttpd>=0.9.75" libmicrohttpd-dev)
cg_find_library_package(zlib "zlib>=1.2.11" zlib1g-dev)
if(CG_BUILD_TESTS)
    cg_find_library_package(criterion "criterion>=2.4" libcriterion-dev)
endif()

# libltdl comes without a pkg-config file.
find_path(LTDL_INCLUDE_DIR ltdl.h)
find_library(LTDL_LIBRARY ltdl)
mark_as_advanced(LTDL_INCLUDE_DIR LTDL_LIBRARY)
if(NOT LTDL_INCLUDE_DIR OR NOT LTDL_LIBRARY)
    message(FATAL_ERROR "ltdl.h or the library ltdl was not found; on Debian install the package libltdl-dev.")
endif()
add_library(ltdl::ltdl UNKNOWN IMPORTED GLOBAL)
set_target_properties(
    ltdl::ltdl PROPERTIES IMPORTED_LOCATION "${LTDL_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LTDL_INCLUDE_DIR}"
)
