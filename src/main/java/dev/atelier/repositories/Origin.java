package dev.atelier.repositories;

/**
 * What made a repository.
 *
 * @param title of the golden path
 * @param address of the page that lists what came of it
 * @param version of it
 * @param task address of the page of the run that made it
 */
public record Origin(String title, String address, String version, String task) {}
