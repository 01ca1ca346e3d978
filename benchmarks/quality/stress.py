"""The same needs as firms might send them after reading the same circulars: three sentences of policy in each."""

from random import Random

from benchmarks.quality.sets import Row, Task

ORGANISATIONS = 40
EACH = 3
SENTENCES = (
    "为深入贯彻落实京津冀协同发展战略，加快推进科技创新和产业创新深度融合，我公司积极响应各级政府号召。",
    "企业高度重视科技创新工作，坚持创新驱动发展，着力提升核心竞争力。",
    "该项目符合国家产业政策，具有良好的经济效益和社会效益，市场前景广阔。",
    "我们希望与高校和科研院所开展产学研合作，实现优势互补、互利共赢。",
    "项目实施后将带动当地就业，促进区域经济高质量发展。",
    "公司将围绕制造强国战略，加大投入，推动产业转型升级。",
    "诚邀国内外专家团队来我市洽谈对接，共同推进科技成果转化落地。",
    "成果达到国内领先、国际先进水平，填补国内空白，具有自主知识产权。",
    "按照省委省政府部署要求，全面落实“十四五”规划确定的目标任务。",
    "本单位将切实加强组织领导，完善保障措施，确保项目顺利实施。",
    "企业愿提供资金支持和良好条件，引进高层次人才和创新团队。",
    "此举对促进乡村振兴和生态文明建设具有重要的现实意义和深远意义。",
)


def stressed(task: Task) -> Task:
    """Each need with three of the sentences (fixed draw), dealt to forty organisations."""
    draw = Random(20261122)  # noqa: S311 -- a fixed draw, not a secret
    needs = (_with(row, "\n".join(draw.sample(SENTENCES, EACH)), at) for at, row in enumerate(task.needs))
    return Task("M1 + policy", task.metric, tuple(needs), task.offers, task.grades, task.protocol, pairs=task.pairs)


def _with(row: Row, policy: str, at: int) -> Row:
    return row._replace(body=f"{row.body}\n{policy}", organisation=f"organisation {at % ORGANISATIONS}")
