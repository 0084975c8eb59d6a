import styles from './LabelSet.module.css';

/** Labels as `name=value`, in one flowing line or one below the other. */
export function LabelSet({
  labels,
  inline = false,
}: {
  readonly labels: Readonly<Record<string, string>>;
  readonly inline?: boolean;
}) {
  return (
    <span className={styles['labels']} data-inline={inline}>
      {Object.entries(labels).map(([name, value]) => (
        <span key={name}>
          <i>{name}=</i>
          {value}
        </span>
      ))}
    </span>
  );
}
