package org.mainstay.kit.ocf.internal;

import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What an agent says of itself with {@code meta-data}.
 *
 * @param title its short description
 * @param parameters its parameters in its own order
 * @param limits the time it advises for each action
 * @param depths levels of its monitor action, ascending; 0 is the light one
 */
record MetaData(String title, List<Parameter> parameters, Map<String, Duration> limits, List<Integer> depths) {

    /**
     * A parameter of an agent.
     *
     * @param name as the agent knows it
     * @param title short description
     * @param help long description in one line
     * @param required whether the agent cannot do without it
     * @param type such as {@code string}, {@code integer}, {@code boolean}
     * @param standard value the agent takes if there is none; may be empty
     * @param choices for a {@code select} what is allowed; else empty
     */
    record Parameter(
            String name,
            String title,
            String help,
            boolean required,
            String type,
            String standard,
            List<String> choices) {}

    MetaData {
        parameters = List.copyOf(parameters);
        limits = Map.copyOf(limits);
        depths = List.copyOf(depths);
    }

    /** @throws IllegalArgumentException if the text is no meta-data */
    static MetaData parse(String xml) {
        Element root;
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            // agents name a DTD that is nowhere; nothing outside the text is ever read
            factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
            factory.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
            factory.setExpandEntityReferences(false);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            root = builder.parse(new InputSource(new StringReader(xml.strip()))).getDocumentElement();
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new IllegalArgumentException("its meta-data cannot be read: " + e.getMessage(), e);
        }
        if (!root.getTagName().equals("resource-agent")) {
            throw new IllegalArgumentException("its meta-data describes no resource agent but a " + root.getTagName());
        }
        Map<String, Duration> limits = new LinkedHashMap<>();
        TreeSet<Integer> depths = new TreeSet<>(List.of(0));
        for (Element action : elements(root, "action")) {
            seconds(action.getAttribute("timeout"))
                    .ifPresent(limit ->
                            limits.merge(action.getAttribute("name"), limit, (a, b) -> a.compareTo(b) > 0 ? a : b));
            boolean monitor = action.getAttribute("name").equals("monitor");
            String depth = action.getAttribute("depth").isEmpty()
                    ? action.getAttribute("OCF_CHECK_LEVEL")
                    : action.getAttribute("depth");
            if (monitor && depth.matches("\\d{1,3}")) {
                depths.add(Integer.parseInt(depth));
            }
        }
        return new MetaData(text(root, "shortdesc"), parameters(root), limits, List.copyOf(depths));
    }

    private static List<Parameter> parameters(Element root) {
        List<Parameter> parameters = new ArrayList<>();
        for (Element one : elements(root, "parameter")) {
            List<Element> contents = elements(one, "content");
            Optional<Element> content = contents.stream().findFirst();
            List<String> choices = new ArrayList<>();
            elements(one, "option").forEach(option -> choices.add(option.getAttribute("value")));
            parameters.add(new Parameter(
                    one.getAttribute("name"),
                    text(one, "shortdesc"),
                    text(one, "longdesc"),
                    one.getAttribute("required").matches("1|true|yes"),
                    content.map(element -> element.getAttribute("type")).orElse("string"),
                    content.map(element -> element.getAttribute("default")).orElse(""),
                    choices));
        }
        return parameters;
    }

    /** Reads {@code 20}, {@code 20s}, {@code 500ms} or {@code 2m}. */
    private static Optional<Duration> seconds(String text) {
        String number = text.replaceAll("[a-z]+$", "").strip();
        if (!number.matches("\\d{1,6}")) {
            return Optional.empty();
        }
        long value = Long.parseLong(number);
        if (text.endsWith("ms")) {
            return Optional.of(Duration.ofMillis(value));
        }
        return Optional.of(
                text.endsWith("m") || text.endsWith("min") ? Duration.ofMinutes(value) : Duration.ofSeconds(value));
    }

    private static List<Element> elements(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        NodeList all = parent.getElementsByTagName(name);
        for (int i = 0; i < all.getLength(); i++) {
            found.add((Element) all.item(i));
        }
        return found;
    }

    private static String text(Element parent, String name) {
        for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element element && element.getTagName().equals(name)) {
                return element.getTextContent().replaceAll("\\s+", " ").strip();
            }
        }
        return "";
    }

    boolean offers(String action) {
        return limits.containsKey(action);
    }
}
