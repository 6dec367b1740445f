# What reads brokers and topics from Kafka itself: sets kafka_admin_sources and kafka_admin_libs for the includer, and
# kafka_admin_found to whether librdkafka is used. Without it a module is built that says so when it is asked.
set(CG_KAFKA_ADMIN AUTO CACHE STRING "Ask Kafka itself through librdkafka: ON, OFF, or AUTO = when librdkafka is there")
set_property(CACHE CG_KAFKA_ADMIN PROPERTY STRINGS AUTO ON OFF)

set(kafka_admin_found FALSE)
if(CG_KAFKA_ADMIN STREQUAL "ON")
    cg_find_library_package(rdkafka "rdkafka>=2.0" librdkafka-dev)
    set(kafka_admin_found TRUE)
elseif(CG_KAFKA_ADMIN STREQUAL "AUTO")
    pkg_check_modules(rdkafka QUIET IMPORTED_TARGET GLOBAL "rdkafka>=2.0")
    set(kafka_admin_found ${rdkafka_FOUND})
endif()

if(kafka_admin_found)
    set(kafka_admin_sources kafka_servers.c kafka_admin.c kafka_admin_conf.c kafka_admin_copy.c kafka_admin_job.c
                            kafka_admin_trouble.c
    )
    set(kafka_admin_libs PkgConfig::rdkafka)
else()
    message(STATUS "self_managed_kafka: built without librdkafka, so resource_source.source admin_api is refused")
    set(kafka_admin_sources kafka_servers.c kafka_admin_none.c)
    set(kafka_admin_libs "")
endif()
