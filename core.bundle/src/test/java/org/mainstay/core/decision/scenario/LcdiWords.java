package org.mainstay.core.decision.scenario;

import java.util.List;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Switchback;

/** Commands of the LCDI in scenarios: the name, then the values without their options; {@code -} stands for none. */
final class LcdiWords {
    private LcdiWords() {}

    static LcdEdit edit(String text) {
        List<String> words = List.of(text.split(" "));
        String one = words.size() > 1 ? none(words.get(1)) : "";
        String two = words.size() > 2 ? none(words.get(2)) : "";
        String three = words.size() > 3 ? words.get(3) : "";
        return switch (words.get(0)) {
            case "app_create" -> new LcdEdit.AddApplication(one);
            case "typ_create" -> new LcdEdit.AddType(one, two);
            case "sys_create" -> new LcdEdit.AddSystem(one);
            case "sys_remove" -> new LcdEdit.RemoveSystem(one);
            case "flg_create" -> new LcdEdit.AddFlag(one);
            case "flg_remove" -> new LcdEdit.RemoveFlag(one);
            case "ins_create" -> new LcdEdit.AddInstance(one, two, three, words.get(4), "", InstanceSettings.DEFAULT);
            case "ins_setin" -> new LcdEdit.SetInfo(one, two);
            case "ins_setit" -> new LcdEdit.SetInit(one, InitOption.valueOf(two));
            case "ins_setchkint" -> new LcdEdit.SetCheckInterval(one, two.equals("deep"), Integer.parseInt(three));
            case "ins_setlocalrecover" -> new LcdEdit.SetLocalRecovery(one, two.equals("Y"));
            case "ins_setas" -> new LcdEdit.SetSwitchback(one, Switchback.valueOf(two));
            case "ins_setst" ->
                new LcdEdit.SetState(one, InstanceState.valueOf(two), "set by hand", three.equals("-A"));
            case "dep_create" -> new LcdEdit.AddDependency(one, two);
            case "dep_remove" -> new LcdEdit.RemoveDependencies(one, two);
            default -> throw new IllegalArgumentException("no command of the LCDI: " + text);
        };
    }

    private static String none(String word) {
        return word.equals("-") ? "" : word;
    }
}
