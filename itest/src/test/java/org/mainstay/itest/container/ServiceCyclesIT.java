package org.mainstay.itest.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.itest.container.Bundles.Bundle;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** No component of the distribution has a reference that closes a cycle of services, an optional one included (decision 0376). */
class ServiceCyclesIT {
    /** A component as its description in the bundle names it. */
    private record Component(String name, List<String> provided, List<String> referenced) {}

    @TempDir
    private static Path home;

    @Test
    void noComponentNeedsAServiceThatNeedsItsOwn() throws IOException, SAXException, ParserConfigurationException {
        Bundles.unpack(Path.of(System.getProperty("mainstay.dist")), home);
        Map<String, Component> components = new TreeMap<>();
        for (Bundle bundle : Bundles.ours(home)) {
            for (Component component : components(bundle.jar())) {
                components.put(component.name(), component);
            }
        }
        assertThat(components)
                .as("the manager is among them")
                .containsKey("org.mainstay.core.internal.node.NodeComponent");

        assertThat(components.get("org.mainstay.core.internal.node.SafetyLink").referenced())
                .as("references are read")
                .contains("org.mainstay.core.internal.node.SafetyPort", "org.mainstay.cluster.SafetyControl");

        List<String> cycles = new ArrayList<>();
        for (Component component : components.values()) {
            for (String service : component.referenced()) {
                for (Component provider : providers(components, service)) {
                    if (needs(components, provider, component)) {
                        cycles.add(
                                component.name() + " refers to " + service + ", and " + provider.name() + " needs it");
                    }
                }
            }
        }
        assertThat(cycles).isEmpty();
    }

    private static List<Component> providers(Map<String, Component> components, String service) {
        return components.values().stream()
                .filter(one -> one.provided().contains(service))
                .toList();
    }

    /** Returns whether {@code from} is {@code wanted} or needs it, directly or through others. */
    private static boolean needs(Map<String, Component> components, Component from, Component wanted) {
        Set<String> seen = new HashSet<>(Set.of(from.name()));
        Deque<Component> open = new ArrayDeque<>(List.of(from));
        while (!open.isEmpty()) {
            Component next = open.remove();
            if (next.equals(wanted)) {
                return true;
            }
            for (String service : next.referenced()) {
                providers(components, service).stream()
                        .filter(provider -> seen.add(provider.name()))
                        .forEach(open::add);
            }
        }
        return false;
    }

    private static List<Component> components(Path jar) throws IOException, SAXException, ParserConfigurationException {
        List<Component> result = new ArrayList<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            List<String> entries = file.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith("OSGI-INF/") && name.endsWith(".xml"))
                    .toList();
            for (String entry : entries) {
                Element root = DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(
                                Bundles.entry(jar, entry).getBytes(StandardCharsets.UTF_8)))
                        .getDocumentElement();
                if (root.getTagName().equals("scr:component")) {
                    result.add(new Component(
                            root.getAttribute("name"), interfaces(root, "provide"), interfaces(root, "reference")));
                }
            }
        }
        return result;
    }

    private static List<String> interfaces(Element root, String tag) {
        NodeList elements = root.getElementsByTagName(tag);
        List<String> result = new ArrayList<>();
        for (int i = 0; i < elements.getLength(); i++) {
            result.add(((Element) elements.item(i)).getAttribute("interface"));
        }
        return result;
    }
}
