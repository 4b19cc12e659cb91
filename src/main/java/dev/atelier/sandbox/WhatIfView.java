package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Field;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The panel that sweeps one field.
 *
 * @param address that draws it again for another field or value
 * @param reason why there is no sweep, where there is none
 */
record WhatIfView(
        String id,
        List<Field> fields,
        @Nullable WhatIf sweep,
        String reason,
        String address,
        String back) {}
