import { definitions, type Measure } from "@/definitions";
import { Hint } from "@/components/Hint";
import { Icon } from "@/components/Icon";
import { WithCode } from "@/components/WithCode";
import { useI18n } from "@/lib/i18n";
import classes from "./Definition.module.css";

/** What a measure means, behind a small sign. */
export function Definition({ measure, name }: { measure: Measure; name: string }) {
  const { t, language } = useI18n();
  const { plain, exact } = definitions[measure];
  return (
    <Hint label={t.kpi.definition(name)} target={<Icon name="info" size={15} />}>
      {plain[language]}
      <span className={classes.exact}><WithCode text={exact[language]} /></span>
    </Hint>
  );
}
