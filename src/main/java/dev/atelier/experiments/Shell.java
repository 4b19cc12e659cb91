package dev.atelier.experiments;

/** Texts as parts of a command that people copy into a shell. */
final class Shell {

    private Shell() {}

    /** One word for the shell, whatever is in it. */
    static String quote(String text) {
        return text.matches("[A-Za-z0-9_@%+=:,./-]+")
                ? text
                : "'" + text.replaceAll("\\p{Cntrl}", " ").replace("'", "'\\''") + "'";
    }
}
