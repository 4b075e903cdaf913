# Part of `cmake --install`: writes the files that name other installed files, for the prefix that
# is in effect now. As they stand in the source they are right for /usr, whose settings are in /etc.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(SYSCONFDIR /etc)
else()
  set(SYSCONFDIR "${CMAKE_INSTALL_PREFIX}/etc")
endif()

function(install_placed source destination)
  file(READ "${HITWATCH_DEPLOY}/${source}" text)
  string(REPLACE "/usr/bin/hitwatch" "${CMAKE_INSTALL_PREFIX}/${HITWATCH_BINDIR}/hitwatch" text
                 "${text}")
  string(REPLACE "/etc/hitwatch/" "${SYSCONFDIR}/hitwatch/" text "${text}")
  string(REPLACE "@VERSION@" "${HITWATCH_VERSION}" text "${text}")
  get_filename_component(name "${source}" NAME)
  file(WRITE "${HITWATCH_GENERATED}/${name}" "${text}")
  file(INSTALL "${HITWATCH_GENERATED}/${name}" DESTINATION "${destination}")
endfunction()

install_placed(systemd/hitwatch.service "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
install_placed(man/hitwatch.1 "${CMAKE_INSTALL_PREFIX}/${HITWATCH_MANDIR}/man1")
# A configuration that somebody has edited is theirs.
if(NOT EXISTS "$ENV{DESTDIR}${SYSCONFDIR}/hitwatch/hitwatch.yaml")
  file(INSTALL "${HITWATCH_DEPLOY}/config/hitwatch.yaml" DESTINATION "${SYSCONFDIR}/hitwatch")
endif()
