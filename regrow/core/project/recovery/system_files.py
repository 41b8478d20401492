"""Which Debian package has a header, a `.pc` file, a library, a program or a macro that a build asked for. Pure: a table.

The distribution's own list of files is asked first (`PackageFinder`). This table is for where that cannot be had, and for
what no list of files knows: links that an install script makes (`cc`, `java`), libraries by CMake's names, files of
autoconf that define many macros. It is from the file lists of Debian 12 (`dpkg -L`). What is not listed is not guessed:
the run fails and says which file is missing. A row that is wrong harms nobody: the step fails again with the same file
missing, and the row is not tried twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

__all__ = [
    "LIBRARIES",
    "MACROS",
    "PREFERRED",
    "PROGRAMS",
    "development_package",
    "name_of_pattern",
    "package_of",
    "packages_of",
]

LIBRARIES: Final[tuple[tuple[str, str, str, str], ...]] = (
    # package, headers below an include folder (* for all of a folder), .pc files, libraries
    ("zlib1g-dev", "zlib.h zconf.h", "zlib", "z"),
    ("libbz2-dev", "bzlib.h", "", "bz2"),
    ("liblzma-dev", "lzma.h lzma/*", "liblzma", "lzma"),
    ("libzstd-dev", "zstd.h zdict.h", "libzstd", "zstd"),
    ("liblz4-dev", "lz4.h lz4frame.h lz4hc.h", "liblz4", "lz4"),
    ("libsnappy-dev", "snappy.h snappy-c.h", "snappy", "snappy"),
    ("libbrotli-dev", "brotli/*", "libbrotlicommon libbrotlidec libbrotlienc", "brotlidec brotlienc"),
    ("libarchive-dev", "archive.h archive_entry.h", "libarchive", "archive"),
    ("libssl-dev", "openssl/*", "openssl libssl libcrypto", "ssl crypto"),
    ("libgnutls28-dev", "gnutls/*", "gnutls", "gnutls"),
    ("libgcrypt20-dev", "gcrypt.h", "libgcrypt", "gcrypt"),
    ("libsodium-dev", "sodium.h sodium/*", "libsodium", "sodium"),
    ("nettle-dev", "nettle/*", "nettle hogweed", "nettle hogweed"),
    ("libkrb5-dev", "krb5.h krb5/* gssapi.h gssapi/*", "krb5 krb5-gssapi mit-krb5", "krb5 gssapi_krb5"),
    ("libsasl2-dev", "sasl/*", "libsasl2", "sasl2"),
    ("libldap-dev", "ldap.h lber.h", "ldap lber", "ldap lber"),
    ("libffi-dev", "ffi.h ffitarget.h", "libffi", "ffi"),
    ("libxml2-dev", "libxml/*", "libxml-2.0", "xml2"),
    ("libxslt1-dev", "libxslt/* libexslt/*", "libxslt libexslt", "xslt exslt"),
    ("libxmlsec1-dev", "xmlsec/*", "xmlsec1 xmlsec1-openssl", "xmlsec1"),
    ("libexpat1-dev", "expat.h", "expat", "expat"),
    ("libyaml-dev", "yaml.h", "yaml-0.1", "yaml"),
    ("libjansson-dev", "jansson.h", "jansson", "jansson"),
    ("libjson-c-dev", "json-c/*", "json-c", "json-c"),
    ("libcurl4-openssl-dev", "curl/*", "libcurl", "curl"),
    ("libnghttp2-dev", "nghttp2/*", "libnghttp2", "nghttp2"),
    ("libevent-dev", "event.h event2/* evhttp.h", "libevent", "event event_core"),
    ("libev-dev", "ev.h ev++.h", "", "ev"),
    ("libuv1-dev", "uv.h uv/*", "libuv", "uv"),
    ("libzmq3-dev", "zmq.h", "libzmq", "zmq"),
    ("libssh-dev", "libssh/*", "libssh", "ssh"),
    ("libssh2-1-dev", "libssh2.h libssh2_sftp.h", "libssh2", "ssh2"),
    ("libgit2-dev", "git2.h git2/*", "libgit2", "git2"),
    ("libpcap-dev", "pcap.h pcap/*", "libpcap", "pcap"),
    ("libidn2-dev", "idn2.h", "libidn2", "idn2"),
    ("libpq-dev", "libpq-fe.h postgresql/*", "libpq", "pq"),
    ("libmariadb-dev-compat", "mysql.h mysql/*", "mysqlclient", "mysqlclient"),
    ("libmariadb-dev", "mariadb/* errmsg.h", "libmariadb mariadb", "mariadb mariadbclient"),
    ("libsqlite3-dev", "sqlite3.h sqlite3ext.h", "sqlite3", "sqlite3"),
    ("libdb-dev", "db.h", "", "db"),
    ("libgdbm-dev", "gdbm.h", "", "gdbm"),
    ("liblmdb-dev", "lmdb.h", "lmdb", "lmdb"),
    ("libleveldb-dev", "leveldb/*", "leveldb", "leveldb"),
    ("librocksdb-dev", "rocksdb/*", "rocksdb", "rocksdb"),
    ("libhiredis-dev", "hiredis/*", "hiredis", "hiredis"),
    ("libmemcached-dev", "libmemcached/*", "libmemcached", "memcached"),
    ("unixodbc-dev", "sql.h sqlext.h sqltypes.h", "odbc", "odbc"),
    ("freetds-dev", "sybdb.h sqlfront.h", "", "sybdb ct"),
    ("librdkafka-dev", "librdkafka/*", "rdkafka", "rdkafka"),
    ("libncurses-dev", "ncurses.h curses.h panel.h term.h ncursesw/*", "ncurses ncursesw tinfo panel", "ncurses tinfo"),
    ("libreadline-dev", "readline/*", "readline", "readline history"),
    ("libedit-dev", "editline/* histedit.h", "libedit", "edit"),
    ("libpcre3-dev", "pcre.h", "libpcre", "pcre"),
    ("libpcre2-dev", "pcre2.h", "libpcre2-8 libpcre2-16 libpcre2-32", "pcre2-8"),
    ("libre2-dev", "re2/*", "re2", "re2"),
    ("libonig-dev", "oniguruma.h", "oniguruma", "onig"),
    ("libicu-dev", "unicode/*", "icu-uc icu-i18n icu-io", "icuuc icui18n icudata"),
    ("libmagic-dev", "magic.h", "libmagic", "magic"),
    ("libenchant-2-dev", "enchant.h enchant-2/*", "enchant-2", "enchant-2"),
    ("libhunspell-dev", "hunspell/*", "hunspell", "hunspell"),
    ("libaspell-dev", "aspell.h", "", "aspell"),
    ("uuid-dev", "uuid/*", "uuid", "uuid"),
    ("libblkid-dev", "blkid/*", "blkid", "blkid"),
    ("libmount-dev", "libmount/*", "mount", "mount"),
    ("libcap-dev", "sys/capability.h", "libcap", "cap"),
    ("libseccomp-dev", "seccomp.h", "libseccomp", "seccomp"),
    ("libacl1-dev", "sys/acl.h acl/*", "libacl", "acl"),
    ("libattr1-dev", "attr/*", "libattr", "attr"),
    ("libselinux1-dev", "selinux/*", "libselinux", "selinux"),
    ("libpam0g-dev", "security/*", "pam", "pam"),
    ("libelf-dev", "libelf.h gelf.h", "libelf", "elf"),
    ("libdw-dev", "dwarf.h elfutils/*", "libdw", "dw"),
    ("libunwind-dev", "libunwind.h", "libunwind", "unwind"),
    ("libfuse-dev", "fuse.h fuse/*", "fuse", "fuse"),
    ("libfuse3-dev", "fuse3/*", "fuse3", "fuse3"),
    ("libudev-dev", "libudev.h", "libudev", "udev"),
    ("libsystemd-dev", "systemd/*", "libsystemd", "systemd"),
    ("libdbus-1-dev", "dbus/*", "dbus-1", "dbus-1"),
    ("libusb-1.0-0-dev", "libusb.h libusb-1.0/*", "libusb-1.0", "usb-1.0"),
    ("libbluetooth-dev", "bluetooth/*", "bluez", "bluetooth"),
    ("libnl-3-dev", "netlink/*", "libnl-3.0", "nl-3"),
    ("libvirt-dev", "libvirt/*", "libvirt", "virt"),
    ("libaugeas-dev", "augeas.h", "augeas", "augeas"),
    ("libsecret-1-dev", "libsecret/*", "libsecret-1", "secret-1"),
    ("libglib2.0-dev", "glib.h glib/* gio/* gobject/*", "glib-2.0 gobject-2.0 gio-2.0 gmodule-2.0", "glib-2.0"),
    ("libgirepository1.0-dev", "girepository.h", "gobject-introspection-1.0", "girepository-1.0"),
    ("libcairo2-dev", "cairo.h cairo/*", "cairo cairo-gobject cairo-pdf cairo-ft", "cairo"),
    ("libpango1.0-dev", "pango/*", "pango pangocairo pangoft2", "pango-1.0 pangocairo-1.0"),
    ("libgdk-pixbuf-2.0-dev", "gdk-pixbuf/*", "gdk-pixbuf-2.0", "gdk_pixbuf-2.0"),
    ("libgtk-3-dev", "gtk/* gdk/*", "gtk+-3.0 gdk-3.0", "gtk-3 gdk-3"),
    ("librsvg2-dev", "librsvg/*", "librsvg-2.0", "rsvg-2"),
    ("libfreetype-dev", "ft2build.h freetype/*", "freetype2", "freetype"),
    ("libfontconfig-dev", "fontconfig/*", "fontconfig", "fontconfig"),
    ("libharfbuzz-dev", "hb.h hb-ft.h", "harfbuzz", "harfbuzz"),
    ("libfribidi-dev", "fribidi.h fribidi/*", "fribidi", "fribidi"),
    ("libjpeg62-turbo-dev", "jpeglib.h jerror.h", "libjpeg", "jpeg"),
    ("libpng-dev", "png.h", "libpng libpng16", "png png16"),
    ("libtiff-dev", "tiff.h tiffio.h", "libtiff-4", "tiff"),
    ("libwebp-dev", "webp/*", "libwebp libwebpmux libwebpdemux", "webp"),
    ("libgif-dev", "gif_lib.h", "", "gif"),
    ("libopenjp2-7-dev", "openjpeg.h", "libopenjp2", "openjp2"),
    ("liblcms2-dev", "lcms2.h", "lcms2", "lcms2"),
    ("libheif-dev", "libheif/*", "libheif", "heif"),
    ("libexif-dev", "libexif/*", "libexif", "exif"),
    ("libexiv2-dev", "exiv2/*", "exiv2", "exiv2"),
    ("libpoppler-cpp-dev", "poppler/cpp/*", "poppler-cpp", "poppler-cpp"),
    ("libmagickwand-dev", "MagickWand/* MagickWand.h", "MagickWand", "MagickWand-6.Q16"),
    ("libtesseract-dev", "tesseract/*", "tesseract", "tesseract"),
    ("libleptonica-dev", "leptonica/*", "lept", "lept"),
    ("libgraphviz-dev", "graphviz/*", "libcgraph libgvc libcdt", "cgraph gvc cdt"),
    ("libx11-dev", "X11/Xlib.h X11/Xutil.h", "x11", "X11"),
    ("libxext-dev", "X11/extensions/*", "xext", "Xext"),
    ("libgl-dev", "GL/gl.h GL/glx.h", "gl", "GL"),
    ("libegl-dev", "EGL/*", "egl", "EGL"),
    ("libglfw3-dev", "GLFW/*", "glfw3", "glfw"),
    ("libsdl2-dev", "SDL.h SDL2/*", "sdl2", "SDL2"),
    ("libasound2-dev", "alsa/*", "alsa", "asound"),
    ("libpulse-dev", "pulse/*", "libpulse", "pulse"),
    ("portaudio19-dev", "portaudio.h", "portaudio-2.0", "portaudio"),
    ("libjack-jackd2-dev", "jack/*", "jack", "jack"),
    ("libsndfile1-dev", "sndfile.h", "sndfile", "sndfile"),
    ("libopus-dev", "opus/*", "opus", "opus"),
    ("libvorbis-dev", "vorbis/*", "vorbis", "vorbis"),
    ("libogg-dev", "ogg/*", "ogg", "ogg"),
    ("libflac-dev", "FLAC/*", "flac", "FLAC"),
    ("libtag1-dev", "taglib/*", "taglib", "tag"),
    ("libavcodec-dev", "libavcodec/*", "libavcodec", "avcodec"),
    ("libavformat-dev", "libavformat/*", "libavformat", "avformat"),
    ("libavutil-dev", "libavutil/*", "libavutil", "avutil"),
    ("libswscale-dev", "libswscale/*", "libswscale", "swscale"),
    ("libgmp-dev", "gmp.h gmpxx.h", "gmp", "gmp"),
    ("libmpfr-dev", "mpfr.h", "mpfr", "mpfr"),
    ("libmpc-dev", "mpc.h", "", "mpc"),
    ("libgsl-dev", "gsl/*", "gsl", "gsl"),
    ("libfftw3-dev", "fftw3.h", "fftw3", "fftw3"),
    ("libopenblas-dev", "cblas.h", "openblas", "openblas"),
    ("liblapack-dev", "lapack.h", "lapack", "lapack"),
    ("libblas-dev", "", "blas", "blas"),
    ("libeigen3-dev", "Eigen/*", "eigen3", ""),
    ("libboost-all-dev", "boost/*", "", "boost_system boost_filesystem boost_thread boost"),
    ("libhdf5-dev", "hdf5.h", "hdf5", "hdf5"),
    ("libnetcdf-dev", "netcdf.h", "netcdf", "netcdf"),
    ("libproj-dev", "proj.h", "proj", "proj"),
    ("libgeos-dev", "geos_c.h", "geos", "geos_c"),
    ("libgdal-dev", "gdal.h gdal/*", "gdal", "gdal"),
    ("libspatialindex-dev", "spatialindex/*", "libspatialindex", "spatialindex spatialindex_c"),
    ("libprotobuf-dev", "google/protobuf/*", "protobuf", "protobuf"),
    ("libczmq-dev", "czmq.h", "libczmq", "czmq"),
    ("libfmt-dev", "fmt/*", "fmt", "fmt"),
    ("libspdlog-dev", "spdlog/*", "spdlog", "spdlog"),
    ("check", "check.h", "check", "check"),
    ("libcmocka-dev", "cmocka.h", "cmocka", "cmocka"),
    ("libcunit1-dev", "CUnit/*", "cunit", "cunit"),
    ("libgtest-dev", "gtest/*", "gtest gtest_main", "gtest gtest_main"),
    ("libcriterion-dev", "criterion/*", "criterion", "criterion"),
    ("liblua5.4-dev", "lua5.4/*", "lua5.4 lua-5.4", "lua5.4"),
    ("tcl-dev", "tcl.h", "tcl", "tcl"),
    ("tk-dev", "tk.h", "tk", "tk"),
    ("python3-dev", "Python.h", "python3 python3-embed", ""),
    ("libltdl-dev", "ltdl.h", "", "ltdl"),
    ("linux-libc-dev", "linux/* asm/*", "", ""),
    ("libc6-dev", "stdio.h stdlib.h string.h limits.h", "", "c m"),
    ("libstdc++-12-dev", "", "", "stdc++"),
)
"""One row for a package: what a compiler, pkg-config and a linker ask for."""

PROGRAMS: Final[dict[str, str]] = {
    **dict.fromkeys(("cc", "gcc", "gcov"), "gcc"),
    **dict.fromkeys(("c++", "g++"), "g++"),
    **dict.fromkeys(("ld", "as", "ar", "objdump", "strip", "readelf", "nm", "strings"), "binutils"),
    **dict.fromkeys(("autoconf", "autoreconf", "autoheader", "autom4te"), "autoconf"),
    **dict.fromkeys(("automake", "aclocal"), "automake"),
    **dict.fromkeys(("libtoolize", "glibtoolize"), "libtool"),
    **dict.fromkeys(("pkg-config", "pkgconf"), "pkg-config"),
    **dict.fromkeys(("cmake", "ctest", "cpack"), "cmake"),
    **dict.fromkeys(("bison", "yacc"), "bison"),
    **dict.fromkeys(("flex", "lex"), "flex"),
    **dict.fromkeys(("msgfmt", "xgettext", "msgmerge", "gettextize"), "gettext"),
    **dict.fromkeys(("makeinfo", "texi2dvi", "install-info"), "texinfo"),
    **dict.fromkeys(("cargo",), "cargo"),
    **dict.fromkeys(("go", "gofmt"), "golang-go"),
    **dict.fromkeys(("java",), "default-jre-headless"),
    **dict.fromkeys(("javac", "jar"), "default-jdk-headless"),
    **dict.fromkeys(("node", "nodejs"), "nodejs"),
    **dict.fromkeys(("dot", "neato"), "graphviz"),
    **dict.fromkeys(("psql", "createdb", "createuser", "pg_dump"), "postgresql-client"),
    **dict.fromkeys(("curl", "wget", "git", "make", "clang", "rustc", "npm", "swig", "nasm", "yasm", "perl"), ""),
    **dict.fromkeys(("meson", "m4", "gperf", "help2man", "doxygen", "valgrind", "gdb", "strace", "ruby", "bats"), ""),
    **dict.fromkeys(("gfortran", "ffmpeg", "pandoc", "sqlite3", "unzip", "zip", "rsync", "jq", "bc", "lsof"), ""),
    **dict.fromkeys(("file", "patch", "autopoint", "expect", "tree", "time", "ccache", "scons", "lcov"), ""),
    "mvn": "maven",
    "gradle": "gradle",
    "ant": "ant",
    "libtool": "libtool-bin",
    "ninja": "ninja-build",
    "xz": "xz-utils",
    "which": "debianutils",
    "man": "man-db",
    "ps": "procps",
    "killall": "psmisc",
    "ip": "iproute2",
    "ping": "iputils-ping",
    "netstat": "net-tools",
    "Xvfb": "xvfb",
    "xvfb-run": "xvfb",
    "xmllint": "libxml2-utils",
    "xsltproc": "xsltproc",
    "protoc": "protobuf-compiler",
    "redis-server": "redis-server",
    "pg_config": "libpq-dev",
    "mysql_config": "libmariadb-dev-compat",
    "mariadb_config": "libmariadb-dev",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
    "curl-config": "libcurl4-openssl-dev",
    "krb5-config": "libkrb5-dev",
    "gdal-config": "libgdal-dev",
    "geos-config": "libgeos-dev",
    "nc-config": "libnetcdf-dev",
    "sdl2-config": "libsdl2-dev",
    "pcre-config": "libpcre3-dev",
    "apxs": "apache2-dev",
}
"""Program -> package; an empty one has the program's name."""

MACROS: Final[tuple[tuple[str, str], ...]] = (
    ("AC_PROG_LIBTOOL", "libtool"),
    ("AM_PROG_LIBTOOL", "libtool"),
    ("AC_LIBTOOL_*", "libtool"),
    ("LT_*", "libtool"),
    ("LIBTOOL", "libtool"),
    ("ltmain.sh", "libtool"),
    ("LTDL_*", "libltdl-dev"),
    ("AM_GNU_GETTEXT*", "gettext"),
    ("AM_ICONV*", "gettext"),
    ("AM_PATH_CHECK", "check"),
    ("AM_*", "automake"),
    ("PKG_*", "pkg-config"),
    ("AX_*", "autoconf-archive"),
    ("AC_PROG_INTLTOOL", "intltool"),
    ("IT_PROG_INTLTOOL", "intltool"),
    ("GTK_DOC_*", "gtk-doc-tools"),
    ("GLIB_*", "libglib2.0-dev"),
)
"""Macro of autoconf -> package with the file that defines it, the first pattern that fits. Those that autoconf itself
defines are none.
"""

PREFERRED: Final[dict[str, str]] = {
    "libcurl4-gnutls-dev": "libcurl4-openssl-dev",
    "libjack-dev": "libjack-jackd2-dev",
    "libpython3-dev": "python3-dev",
    "postgresql-client-common": "postgresql-client",
}
"""Best package by the distribution's index -> the one that a reader would name: of two that have the same files that which
more projects are written for, and of a part the whole. All that differed to a project's harm among the files above.
"""

_KINDS = (
    (re.compile(r".*/include/(?:\*/)?(?P<name>[^*]+)"), "header"),
    (re.compile(r".*/pkgconfig/(?P<name>.+)\.pc"), "pc"),
    (re.compile(r"\*/(?:lib)?(?P<name>[^/]+?)\.so(?:\.[\d.]+)?"), "library"),
    (re.compile(r"\*/(?:lib)?(?P<name>[^/]+)"), "library"),
    (re.compile(r"(?:usr/)?s?bin/(?P<name>[^/]+)"), "program"),
)
_COLUMN = {"header": 1, "pc": 2, "library": 3}


def packages_of(patterns: Iterable[str]) -> tuple[str, ...]:
    """The package that has a file of one of these patterns (see `NeedsSystemPackages.files`); nothing when none is
    known.

    >>> packages_of(["*/include/zlib.h"]), packages_of(["usr/bin/ninja"]), packages_of(["*/include/nobody.h"])
    (('zlib1g-dev',), ('ninja-build',), ())
    """
    for pattern in patterns:
        kind, name = name_of_pattern(pattern)
        package = package_of(kind, name)
        if package:
            return (package,)
    return ()


def development_package(library: str) -> str:
    """The package with the headers of a library that a sentence names; what the table lacks, apt is asked for by pattern.

    >>> development_package("libxslt"), development_package("libfoo"), development_package("Bar")
    ('libxslt1-dev', '^libfoo[0-9.-]*-dev$', '^(lib)?bar[0-9.-]*-dev$')
    """
    name = library.lower()
    known = package_of("pc", library) or package_of("library", library)
    known = known or next((row[0] for row in LIBRARIES if re.fullmatch(rf"{re.escape(name)}[\d.-]*-dev", row[0])), "")
    escaped = name.replace("+", "[+]")
    return known or (f"^{escaped}[0-9.-]*-dev$" if name.startswith("lib") else f"^(lib)?{escaped}[0-9.-]*-dev$")


def name_of_pattern(pattern: str) -> tuple[str, str]:
    """What a pattern of paths is about: `header`, `pc`, `library` or `program`, and its name; empty when neither.

    >>> name_of_pattern("*/pkgconfig/libxml-2.0.pc"), name_of_pattern("*/libssl.so"), name_of_pattern("*/libz.so.1")
    (('pc', 'libxml-2.0'), ('library', 'ssl'), ('library', 'z'))
    """
    for shape, kind in _KINDS:
        match = shape.fullmatch(pattern)
        if match is not None:
            return kind, match["name"]
    return "", ""


def package_of(kind: str, name: str) -> str:
    """The package that has it, empty when none is known. CMake's names of libraries (`ZLIB`, `LibXml2`) count too.

    >>> package_of("macro", "LT_INIT"), package_of("macro", "AC_INIT")
    ('libtool', '')
    """
    if kind == "macro":
        return next((package for pattern, package in MACROS if fnmatchcase(name, pattern)), "")
    if kind == "program":
        return (PROGRAMS[name] or name) if name in PROGRAMS else ""
    column = _COLUMN.get(kind)
    if column is None:
        return ""
    exact = next((row[0] for row in LIBRARIES if any(fnmatchcase(name, known) for known in row[column].split())), "")
    if exact or kind != "library":
        return exact
    plain = re.sub(r"^(?:lib)+", "", name.lower())
    return next(
        (row[0] for row in LIBRARIES if plain in row[3].lower().split() or plain in row[2].lower().split()),
        "",
    )
