package dev.atelier.serving;

import dev.atelier.inference.Message;

/**
 * Hears of every call that counts as traffic, once it is answered. It stands on the path of the
 * call: it returns at once, whatever happens, and throws nothing.
 */
public interface CallListener {

    /**
     * @param request as it came; whoever keeps it does not change it
     */
    void answered(Servable servable, Message request, Answer answer);
}
